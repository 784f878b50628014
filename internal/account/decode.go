package account

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/policy"
)

const maxEncodedMessage = 10240 // characters

// DecodeAuthorizationMessage explains why a request was refused. Where some
// services of AWS put an encoded message into a refusal, refusals here carry
// their request id alone, as those of most services do: that id is what is to
// be decoded, for as long as the request's record is kept. The answer has AWS's
// form, and beside it explanation: every statement that was asked.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
func (s *Service) DecodeAuthorizationMessage(_ context.Context, _ *access.Call, in *sts.DecodeAuthorizationMessageInput) (*sts.DecodeAuthorizationMessageOutput, error) {
	id := deref(in.EncodedMessage)
	if id == "" || len(id) > maxEncodedMessage {
		return nil, validation("1 validation error detected: Value at 'encodedMessage' failed to satisfy constraint: Member must have length between 1 and %d", maxEncodedMessage)
	}
	if s.neighbours.Records != nil {
		for _, r := range s.neighbours.Records.Find(id) {
			if r.Denied != nil && r.Denied.Trace != nil {
				decoded, err := json.Marshal(s.decoded(&r))
				return &sts.DecodeAuthorizationMessageOutput{DecodedMessage: new(string(decoded))}, err
			}
		}
	}
	return nil, &types.InvalidAuthorizationMessageException{Message: text("Invalid token: it is not the id of a request that policies have refused, or its record is not kept any more.", nil)}
}

// AWS wraps every list.
type items[T any] struct {
	Items []T `json:"items"`
}

func listOf[T any](list ...T) items[T] {
	if list == nil {
		list = []T{}
	}
	return items[T]{list}
}

type decodedValue struct {
	Value string `json:"value"`
}

type decodedDenial struct {
	Allowed           bool                    `json:"allowed"`
	ExplicitDeny      bool                    `json:"explicitDeny"`
	MatchedStatements items[matchedStatement] `json:"matchedStatements"`
	Failures          items[decodedValue]     `json:"failures"`
	Context           decodedContext          `json:"context"`
	Explanation       explanation             `json:"explanation"`
}

type matchedStatement struct {
	StatementID     string                  `json:"statementId"`
	Effect          string                  `json:"effect"`
	Principals      items[decodedValue]     `json:"principals"`
	PrincipalGroups items[decodedValue]     `json:"principalGroups"`
	Actions         items[decodedValue]     `json:"actions"`
	Resources       items[decodedValue]     `json:"resources"`
	Conditions      items[decodedCondition] `json:"conditions"`
	// Of ours: where the statement stands.
	SourcePolicy     string `json:"sourcePolicy"`
	SourcePolicyType string `json:"sourcePolicyType"`
	Statement        int    `json:"statement"`
}

type decodedCondition struct {
	Key    string              `json:"key"`
	Values items[decodedValue] `json:"values"`
}

type decodedContext struct {
	Principal struct {
		ID   string `json:"id,omitempty"`
		Name string `json:"name,omitempty"`
		ARN  string `json:"arn"`
	} `json:"principal"`
	Action     string                  `json:"action"`
	Resource   string                  `json:"resource"`
	Conditions items[decodedCondition] `json:"conditions"`
}

// explanation is what operators get beyond AWS's form.
type explanation struct {
	RequestID  string               `json:"requestId"`
	Time       string               `json:"time"`
	Reason     string               `json:"reason"`
	Statements []explainedStatement `json:"statements"`
	Left       int                  `json:"statementsLeftOut,omitempty"`
}

type explainedStatement struct {
	PolicyType string `json:"policyType"`
	Policy     string `json:"policy"`
	Statement  int    `json:"statement"` // from 0
	Sid        string `json:"sid,omitempty"`
	Effect     string `json:"effect"`
	Applies    bool   `json:"applies"`
	Clause     string `json:"clause,omitempty"` // what kept it from applying
	Detail     string `json:"detail,omitempty"`
}

func (s *Service) decoded(r *audit.Record) *decodedDenial {
	d := r.Denied
	out := &decodedDenial{
		ExplicitDeny: d.Trace.Decision.Outcome == policy.ExplicitDeny,
		Failures:     listOf[decodedValue](), MatchedStatements: listOf[matchedStatement](),
		Explanation: explanation{RequestID: r.ID, Time: r.At.UTC().Format(time.RFC3339), Reason: r.Why(), Statements: []explainedStatement{}, Left: d.Left},
	}
	for _, step := range d.Trace.Steps {
		effect := strings.ToUpper(step.Effect.String())
		if step.Applies && step.Effect == policy.Deny {
			out.MatchedStatements.Items = append(out.MatchedStatements.Items, matchedStatement{
				StatementID: step.Sid, Effect: effect, SourcePolicy: step.Policy, SourcePolicyType: step.Layer.String(), Statement: step.Statement,
				Principals: listOf[decodedValue](), PrincipalGroups: listOf[decodedValue](), Actions: listOf(decodedValue{d.Action}),
				Resources: listOf(decodedValue{d.Resource}), Conditions: listOf[decodedCondition](),
			})
		}
		out.Explanation.Statements = append(out.Explanation.Statements, explainedStatement{
			PolicyType: step.Layer.String(), Policy: step.Policy, Statement: step.Statement, Sid: step.Sid,
			Effect: effect, Applies: step.Applies, Clause: step.Clause, Detail: step.Detail,
		})
	}
	c := &out.Context
	c.Action, c.Resource, c.Principal.ARN = d.Action, d.Resource, d.Principal
	c.Principal.ID, c.Principal.Name = s.named(d.Principal)
	c.Conditions = listOf[decodedCondition]()
	for _, known := range [][2]string{
		{"aws:CurrentTime", r.At.UTC().Format(time.RFC3339)}, {"aws:SourceIp", r.Source},
		{"aws:UserAgent", r.UserAgent}, {"aws:RequestedRegion", r.Region},
	} {
		if known[1] != "" {
			c.Conditions.Items = append(c.Conditions.Items, decodedCondition{known[0], listOf(decodedValue{known[1]})})
		}
	}
	return out
}

// named is the unique id and the name of a principal, if it is still there.
func (s *Service) named(arn string) (id, name string) {
	now := s.current.Load()
	if kind, _, name, ok := splitEntityARN(s.account, arn); ok {
		if e := now.named(kind, name); e != nil && e.arn(s.account) == arn {
			return e.ID, name
		}
		return "", name
	}
	if rest, ok := strings.CutPrefix(arn, "arn:aws:sts::"+s.account+":assumed-role/"); ok {
		roleName, session, _ := strings.Cut(rest, "/")
		if e := now.named(role, roleName); e != nil {
			return e.ID + ":" + session, session
		}
		return "", session
	}
	return "", ""
}
