package account

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

// entityByARN reads a user, group or role by its whole ARN.
func (s *Service) entityByARN(ctx context.Context, arn *string) (*entity, error) {
	kind, path, name, ok := splitEntityARN(s.account, deref(arn))
	if !ok || name == "" {
		return nil, invalidInput("Invalid Entity Arn: %s does not clearly define entity type and name.", deref(arn))
	}
	e, err := s.find(ctx, s.db, kind, &name)
	if err == nil && e.Path != path {
		return nil, noSuchEntity("The %s with name %s cannot be found.", kind, name)
	}
	return e, err
}

// sourcesOf are the policies of an entity, and of a user's groups, with their texts.
func (s *Service) sourcesOf(ctx context.Context, e *entity) ([]source, error) {
	having := []*entity{e}
	for _, id := range e.Groups {
		g, err := entities.Get(ctx, s.db, id)
		if err != nil {
			return nil, err
		}
		having = append(having, g)
	}
	var list []source
	for _, e := range having {
		for _, p := range e.Inline {
			list = append(list, source{id: p.Name, owner: e, text: p.Text, policy: parsed(policy.Identity, p.Text)})
		}
		for _, arn := range e.Attached {
			from, err := s.managedSource(ctx, arn)
			if err != nil {
				return nil, err
			}
			list = append(list, from)
		}
	}
	return list, nil
}

func (s *Service) managedSource(ctx context.Context, arn string) (source, error) {
	p, err := s.managed(ctx, s.db, &arn)
	if err != nil {
		return source{}, err
	}
	return source{id: p.Name, arn: arn, text: p.text(), policy: parsed(policy.Managed, p.text())}, nil
}

// exclusions are the policies that a simulation leaves out.
type exclusions []types.PolicyIdentifier

func exclusionsOf(list []types.PolicyIdentifier) (exclusions, error) {
	for _, x := range list {
		switch x := x.(type) {
		case *types.PolicyIdentifierMemberPolicyType:
			if !slices.Contains(x.Value.Values(), x.Value) {
				return nil, invalidInput("Invalid policy type: %s", x.Value)
			}
		case *types.PolicyIdentifierMemberPolicyArn:
			scope, name, ok := strings.Cut(x.Value, ":policy/")
			if !ok || !strings.HasPrefix(scope, "arn:aws:iam::") || name == "" || strings.ContainsAny(scope, "*?") || strings.Count(name, "*") > 1 {
				return nil, invalidInput("Invalid policy ARN: %s", x.Value)
			}
		case *types.PolicyIdentifierMemberInlinePolicyIdentifier:
			at := x.Value
			if !slices.Contains(at.AttachmentType.Values(), at.AttachmentType) || deref(at.PolicyName) == "" || deref(at.AttachmentName) == "" || strings.Count(*at.AttachmentName, "*") > 1 {
				return nil, invalidInput("Invalid inline policy identifier.")
			}
		default:
			return nil, invalidInput("Invalid policy identifier.")
		}
	}
	return list, nil
}

// has reports whether a policy is left out. Types of policies that there are
// not here leave out none.
func (list exclusions) has(from *source) bool {
	return slices.ContainsFunc(list, func(x types.PolicyIdentifier) bool {
		switch x := x.(type) {
		case *types.PolicyIdentifierMemberPolicyType:
			switch x.Value {
			case types.PolicyIdentifierPolicyTypePermissionBoundary:
				return from.boundary
			case types.PolicyIdentifierPolicyTypeInline:
				return !from.boundary && from.owner != nil
			case types.PolicyIdentifierPolicyTypeAwsManaged:
				return !from.boundary && strings.HasPrefix(from.arn, ofAWS)
			case types.PolicyIdentifierPolicyTypeUserManaged:
				return !from.boundary && from.arn != "" && !strings.HasPrefix(from.arn, ofAWS)
			}
		case *types.PolicyIdentifierMemberPolicyArn:
			return from.arn != "" && like(x.Value, from.arn)
		case *types.PolicyIdentifierMemberInlinePolicyIdentifier:
			return from.owner != nil && string(from.owner.Kind) == string(x.Value.AttachmentType) &&
				from.id == *x.Value.PolicyName && like(*x.Value.AttachmentName, from.owner.Name)
		}
		return false
	})
}

// like matches a text against a pattern with at most one * and any number of ?.
func like(pattern, text string) bool {
	head, tail, wild := strings.Cut(pattern, "*")
	if !wild {
		return sameLength(head, text)
	}
	return len(text) >= len(head)+len(tail) && sameLength(head, text[:len(head)]) && sameLength(tail, text[len(text)-len(tail):])
}

func sameLength(pattern, text string) bool {
	if len(pattern) != len(text) {
		return false
	}
	for i := range len(pattern) {
		if pattern[i] != '?' && pattern[i] != text[i] {
			return false
		}
	}
	return true
}

// GetContextKeysForCustomPolicy names the condition keys that policies ask for,
// in conditions and in variables.
func (s *Service) GetContextKeysForCustomPolicy(_ context.Context, _ *access.Call, in *iam.GetContextKeysForCustomPolicyInput) (*iam.GetContextKeysForCustomPolicyOutput, error) {
	keys, err := contextKeys(nil, in.PolicyInputList)
	return &iam.GetContextKeysForCustomPolicyOutput{ContextKeyNames: keys}, err
}

// GetContextKeysForPrincipalPolicy is that for all the policies of a user,
// group or role, and those given beside them.
func (s *Service) GetContextKeysForPrincipalPolicy(ctx context.Context, _ *access.Call, in *iam.GetContextKeysForPrincipalPolicyInput) (*iam.GetContextKeysForPrincipalPolicyOutput, error) {
	e, err := s.entityByARN(ctx, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	sources, err := s.sourcesOf(ctx, e)
	if err != nil {
		return nil, err
	}
	keys, err := contextKeys(sources, in.PolicyInputList)
	return &iam.GetContextKeysForPrincipalPolicyOutput{ContextKeyNames: keys}, err
}

// contextKeys are each key once, as it was first written.
func contextKeys(sources []source, given []string) ([]string, error) {
	keys, seen := []string{}, map[string]bool{}
	for _, document := range given {
		p, err := policy.Parse(policy.GuessKind([]byte(document)), []byte(document))
		if err != nil {
			return nil, unreadable("PolicyInputList", err)
		}
		sources = append(sources, source{policy: p})
	}
	for _, from := range sources {
		if from.policy == nil {
			return nil, invalidInput("The policy %s cannot be read.", from.id)
		}
		for _, key := range from.policy.ContextKeys() {
			if folded := strings.ToLower(key); !seen[folded] {
				seen[folded] = true
				keys = append(keys, key)
			}
		}
	}
	return keys, nil
}
