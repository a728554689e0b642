//! Everything that Redis holds under a namespace, as text.

use std::fmt::Write as _;

/// Every key with its value, whatever its type.
pub(crate) async fn everything(url: &str, namespace: &str) -> String {
    let client = redis::Client::open(url).expect("an address");
    let mut redis = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let pattern = format!("{namespace}*");
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(pattern).query_async(&mut redis).await.expect("keys");
    let mut dump = String::new();
    for key in keys {
        let kind: String =
            redis::cmd("TYPE").arg(&key).query_async(&mut redis).await.expect("a type");
        let mut command = match kind.as_str() {
            "string" => redis::cmd("GET"),
            "hash" => redis::cmd("HGETALL"),
            "set" => redis::cmd("SMEMBERS"),
            "list" => redis::cmd("LRANGE"),
            "zset" => redis::cmd("ZRANGE"),
            "stream" => redis::cmd("XRANGE"),
            // Gone since its name was read.
            "none" => continue,
            other => panic!("what {key} holds ({other}) must be looked at too"),
        };
        command.arg(&key);
        match kind.as_str() {
            "list" | "zset" => command.arg(0).arg(-1),
            "stream" => command.arg("-").arg("+"),
            _ => &mut command,
        };
        let value: redis::Value = command.query_async(&mut redis).await.expect("a value");
        let _ = writeln!(dump, "{key} {kind}");
        write(&mut dump, &value);
    }
    dump
}

fn write(dump: &mut String, value: &redis::Value) {
    match value {
        redis::Value::BulkString(bytes) => {
            let _ = writeln!(dump, "  {}", String::from_utf8_lossy(bytes));
        }
        redis::Value::Array(values) | redis::Value::Set(values) => {
            for value in values {
                write(dump, value);
            }
        }
        redis::Value::Map(pairs) => pairs.iter().for_each(|(name, value)| {
            write(dump, name);
            write(dump, value);
        }),
        other => {
            let _ = writeln!(dump, "  {other:?}");
        }
    }
}
