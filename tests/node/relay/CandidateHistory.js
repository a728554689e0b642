// A candidate's record: a card, the enrolments with what was acquired, and the history of each, which pages.
import { graphql } from "relay-runtime";

graphql`
  query CandidateHistoryQuery($id: ID!) {
    node(id: $id) {
      __typename
      ...CandidateHistory_card
    }
  }
`;

graphql`
  fragment CandidateHistory_card on Candidate {
    id
    fullName
    birthDate
    organism {
      id
      name
    }
    enrolments(first: 5) {
      edges {
        node {
          id
          enrolledOn
          ...CandidateHistory_enrolment
          ...CandidateHistory_timeline
        }
      }
    }
  }
`;

graphql`
  fragment CandidateHistory_enrolment on Enrolment {
    framework {
      title
    }
    domains {
      number
      validated
    }
    results {
      code
      acquired
      prior
      finals
    }
    certificate {
      id
      number
      awardedOn
    }
  }
`;

graphql`
  fragment CandidateHistory_timeline on Enrolment
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
  @refetchable(queryName: "CandidateHistoryTimelineQuery") {
    timeline(first: $count, after: $cursor) @connection(key: "CandidateHistory_timeline") {
      edges {
        node {
          act
          on
          summary
        }
      }
    }
  }
`;
