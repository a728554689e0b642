// The invoices of a quarter with their lines, and the payment of one.
import { graphql } from "relay-runtime";

graphql`
  query InvoicesQuery($quarter: String, $first: Int!) {
    invoices(quarter: $quarter, first: $first) {
      edges {
        node {
          ...Invoices_invoice
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

graphql`
  fragment Invoices_invoice on Invoice {
    id
    number
    issuedOn
    dueOn
    total
    balance
    overdue
    buyer {
      name
      siren
    }
    lines(first: 100) {
      edges {
        node {
          id
          label
          amount
          fact {
            __typename
            id
          }
        }
      }
    }
  }
`;

graphql`
  mutation InvoicesPayMutation($input: RecordPaymentInput!) {
    recordPayment(input: $input) {
      payment {
        id
        amount
        invoice {
          ...Invoices_invoice
        }
      }
      refusals {
        code
        field
        article
        message
      }
    }
  }
`;
