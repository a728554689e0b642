// What an organism's home page shows: what may be done, until when, its habilitations and its candidates.
import { graphql } from "relay-runtime";

graphql`
  query OrganismPageQuery($siren: String!) {
    organism(siren: $siren) {
      id
      name
      balance
      sites {
        id
        name
        city
      }
      habilitations(first: 10) {
        edges {
          node {
            id
            ...OrganismPage_habilitation
          }
        }
      }
      ...OrganismPage_candidates
    }
  }
`;

graphql`
  fragment OrganismPage_habilitation on Habilitation @refetchable(queryName: "OrganismPageHabilitationQuery") {
    status
    validUntil
    forecast {
      outcome
      on
      obstacles {
        code
        message
      }
    }
    availableActions {
      mutation
      available
      until {
        dueOn
        title
      }
      refusals {
        code
        article
        message
      }
    }
    deadlines(first: 10, status: OPEN) {
      edges {
        node {
          id
          kind
          dueOn
          owner {
            __typename
            id
          }
        }
      }
    }
  }
`;

graphql`
  fragment OrganismPage_candidates on Organism
  @argumentDefinitions(count: { type: "Int", defaultValue: 1 }, cursor: { type: "String" })
  @refetchable(queryName: "OrganismPageCandidatesQuery") {
    candidates(first: $count, after: $cursor) @connection(key: "OrganismPage_candidates") {
      edges {
        node {
          id
          fullName
        }
      }
    }
  }
`;
