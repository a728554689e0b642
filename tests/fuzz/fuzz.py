"""Sends what schemathesis makes of the schema to a served world, as every role in turn.

    fuzz.py WORLD.json SCHEMA.graphql SEED CASES

Each case is a document of schemathesis. Most of its ids are then replaced with ids that exist, its dates
with likely ones, and its selections with deeper ones, so that it gets past the first lookup. An answer is
wrong when it is a 5xx, when an error has neither a code nor is the answer to a malformed request, when a
fault is told, or when it holds a value that the role may not see. Prints each wrong answer once, then a
line of figures; its exit code tells whether there were any.
"""

import collections
import json
import random
import sys

import graphql
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies

DEEPEST = 5
FEW = 5
DATES = ["2026-01-05", "2026-02-10", "2026-04-01", "2026-04-02", "2027-02-29", "1991-07-14"]
# How async-graphql says that a value is none of its type.
MALFORMED = ("Expected input type", "Failed to parse")
# What would end the sessions that the next cases need.
STRANGERS = ["Mutation.signOut", "Mutation.signOutEverywhere"]
# The share of requests answered as signed out beyond which a run shows nothing: credentials are revoked on
# the way, as cases ask for it.
SIGNED_OUT = 0.1
ALIASES = {"alert": "edofalert", "grant": "accountgrant", "credential": "machinecredential",
           "evaluator": "practitioner", "member": "practitioner", "trainer": "practitioner"}
TEXTS = ["1-1", "PRACTITIONERS", "5.1.1", "44000", "2026Q1", "fuzz@example.com", "Élodie « ’ »", "\u0000", "x" * 300]


class Likely(graphql.Visitor):
    """Puts likely values and deeper selections in place of random ones."""

    def __init__(self, info, schema, world, chance):
        super().__init__()
        self.info, self.schema, self.world, self.chance = info, schema, world, chance
        self.ids = [one for some in world["ids"].values() for one in some]

    def _value(self, node):
        kind = graphql.get_named_type(self.info.get_input_type())
        if kind is None or self.chance.random() < 0.15:
            return None
        if kind.name == "ID":
            return graphql.StringValueNode(value=self._id())
        if kind.name == "Date":
            return graphql.StringValueNode(value=self.chance.choice(DATES))
        if kind.name == "String" and self.chance.random() < 0.5:
            return graphql.StringValueNode(value=self.chance.choice(TEXTS))
        if kind.name == "Int" and self.chance.random() < 0.7:
            return graphql.IntValueNode(value=str(self.chance.choice([1, 2, 3, 20, 100])))
        return None

    def _id(self):
        """An id of the type that the argument is named after, where it is named after one."""
        name = self.info.get_argument().ast_node.name.value if self.info.get_argument() else ""
        field = self.field if self.field else name
        bare = field.removesuffix("s").removesuffix("Id").lower()
        bare = ALIASES.get(bare, bare)
        for kind, ids in self.world["ids"].items():
            if ids and (kind.lower() == bare or bare.endswith(kind.lower())) and self.chance.random() < 0.9:
                return self.chance.choice(ids)
        return self.chance.choice(self.ids)

    field = None

    def enter_object_field(self, node, *_):
        self.field = node.name.value

    def leave_object_field(self, *_):
        self.field = None

    def enter_string_value(self, node, *_):
        return self._value(node)

    def enter_int_value(self, node, *_):
        return self._value(node)


def selection(schema, kind, depth, chance):
    """A selection of some fields of a type, a few links deep."""
    named = graphql.get_named_type(kind)
    if graphql.is_leaf_type(named):
        return ""
    if graphql.is_abstract_type(named):
        some = chance.sample(schema.get_possible_types(named), FEW)
        inside = " ".join(f"... on {one.name} {selection(schema, one, depth, chance)}" for one in some)
        return f"{{ __typename {inside} }}"
    fields = []
    for name, field in named.fields.items():
        leaf = graphql.is_leaf_type(graphql.get_named_type(field.type))
        if any(graphql.is_required_argument(a) for a in field.args.values()):
            continue
        if leaf and chance.random() < 0.7:
            fields.append(name)
        elif not leaf and depth > 0 and (len(named.fields) <= 3 or chance.random() < 0.3):
            page = "(first: 3)" if "first" in field.args else ""
            fields.append(f"{name}{page} {selection(schema, field.type, depth - 1, chance)}")
    return "{ " + " ".join(fields or ["__typename"]) + " }"


def document(body, schema, world, chance):
    """The case with likely values; its selection another one, most of the time."""
    parsed = graphql.parse(body)
    info = graphql.TypeInfo(schema)
    likely = graphql.visit(parsed, graphql.TypeInfoVisitor(info, Likely(info, schema, world, chance)))
    if chance.random() < 0.2:
        return graphql.print_ast(likely)
    operation = likely.definitions[0]
    root = schema.mutation_type if operation.operation.value == "mutation" else schema.query_type
    field = operation.selection_set.selections[0]
    about = root.fields[field.name.value]
    deeper = selection(schema, about.type, chance.randint(1, DEEPEST), chance)
    arguments = ", ".join(graphql.print_ast(a) for a in field.arguments or ())
    arguments = f"({arguments})" if arguments else ""
    return f"{operation.operation.value} {{ {field.name.value}{arguments} {deeper} }}"


def cases(operation, number, count):
    """So many documents of schemathesis for an operation."""
    made = []

    @seed(number)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def collect(case):
        made.append(case.body)

    collect()
    return made


def wrong(answer, forbidden):
    """What is wrong with an answer, in a word; none when nothing is."""
    if answer.status_code >= 500:
        return f"status {answer.status_code}"
    try:
        body = answer.json()
    except ValueError:
        return "no JSON"
    for error in body.get("errors") or []:
        said = error.get("extensions") or {}
        if said.get("code") == "INTERNAL":
            return f"a fault: {error}"
        if "code" not in said and error.get("path") and not error["message"].startswith(MALFORMED):
            return f"an error without a code: {error}"
    for value in forbidden:
        if value in answer.text:
            return f"holds {value!r}"
    return None


def main():
    world_file, schema_file, number, count = sys.argv[1:5]
    with open(world_file) as file:
        world = json.load(file)
    with open(schema_file) as file:
        schema = graphql.build_schema(file.read())
    chance = random.Random(int(number))
    figures, found = collections.Counter(), {}
    sessions = {role: requests.Session() for role in world["people"]}
    for role, token in world["people"].items():
        if token:
            sessions[role].headers["Authorization"] = f"Bearer {token}"
    cents = strategies.integers(-(2**40), 2**40).map(lambda n: graphql.IntValueNode(value=str(n)))
    schemathesis.graphql.scalar("Cents", cents)
    for result in schemathesis.graphql.from_path(schema_file).get_all_operations():
        operation = result.ok()
        for body in cases(operation, int(number), int(count)):
            query = document(body, schema, world, chance)
            figures["cases"] += 1
            for role, session in sessions.items():
                if operation.label in STRANGERS and role != "stranger":
                    continue
                answer = session.post(world["base"] + "/graphql", json={"query": query}, timeout=60)
                figures["requests"] += 1
                what = wrong(answer, world["forbidden"][role])
                text = answer.text
                figures["signed out meanwhile"] += '"UNAUTHENTICATED"' in text
                figures["with data"] += '"errors"' not in text
                figures["refused by an act"] += '"refusals":[{' in text
                figures["done"] += operation.label.startswith("Mutation") and '"refusals":[]' in text
                if what and (operation.label, what[:60]) not in found:
                    found[(operation.label, what[:60])] = f"{role}, {operation.label}: {what}\n  {query}\n"
    for text in found.values():
        print(text)
    if figures["signed out meanwhile"] > SIGNED_OUT * figures["requests"]:
        found["sessions"] = "too many requests were signed out"
        print(found["sessions"])
    print(f"seed {number}:", ", ".join(f"{n} {what}" for what, n in figures.items()), f"- {len(found)} wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
