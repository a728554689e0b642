// A candidate's record on the screen follows what happens to it.
import { graphql } from "relay-runtime";

graphql`
  subscription CandidateChangesSubscription($candidateId: ID!, $after: String) {
    candidateChanged(candidateId: $candidateId, after: $after) {
      cursor
      resync
      change {
        removed
        candidate {
          ...CandidateHistory_card
        }
      }
    }
  }
`;
