// Signing in, and registering a candidate that appears in the list at once.
import { graphql } from "relay-runtime";

graphql`
  mutation ActsSignInMutation($input: SignInInput!) {
    signIn(input: $input) {
      token
      refusals {
        code
        message
      }
    }
  }
`;

graphql`
  mutation ActsRegisterCandidateMutation($input: RegisterCandidateInput!, $connections: [ID!]!) {
    registerCandidate(input: $input) {
      candidate @prependNode(connections: $connections, edgeTypeName: "CandidateEdge") {
        id
        fullName
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
