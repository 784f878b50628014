package account

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
)

// maxInline is how many characters the inline policies of an entity may have
// together, without white space.
var maxInline = map[entityKind]int{user: 2048, group: 5120, role: 10240}

func (e *entity) inline(name string) (at int, there bool) {
	return slices.BinarySearchFunc(e.Inline, name, func(p inlinePolicy, name string) int { return strings.Compare(p.Name, name) })
}

// putInline adds an inline policy or replaces the one of its name.
func (s *Service) putInline(ctx context.Context, kind entityKind, owner, name, document *string) error {
	if err := checkName("policyName", deref(name), 128); err != nil {
		return err
	}
	if _, err := checkDocument(policy.Identity, document); err != nil {
		return err
	}
	_, err := s.change(ctx, kind, owner, func(_ *store.Tx, e *entity) error {
		p := inlinePolicy{*name, *document}
		if at, there := e.inline(*name); there {
			e.Inline[at] = p
		} else {
			e.Inline = slices.Insert(e.Inline, at, p)
		}
		size := 0
		for _, p := range e.Inline {
			size += charged(p.Text)
		}
		if limit := maxInline[kind]; size > limit {
			return limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", limit, kind, e.Name)
		}
		return nil
	})
	return err
}

// charged is how many characters count: all but the white space of JSON.
func charged(text string) (n int) {
	for _, c := range text {
		if !strings.ContainsRune(" \t\r\n", c) {
			n++
		}
	}
	return n
}

func noInline(kind entityKind, name *string) error {
	return noSuchEntity("The %s policy with name %s cannot be found.", kind, deref(name))
}

// getInline returns the owner's name as it is written and the document as it is answered.
func (s *Service) getInline(ctx context.Context, kind entityKind, owner, name *string) (ownerName, document *string, err error) {
	e, err := s.find(ctx, s.db, kind, owner)
	if err != nil {
		return nil, nil, err
	}
	at, there := e.inline(deref(name))
	if !there {
		return nil, nil, noInline(kind, name)
	}
	return &e.Name, encoded(e.Inline[at].Text), nil
}

func (s *Service) listInline(ctx context.Context, kind entityKind, owner, marker *string, maxItems *int32) ([]string, bool, *string, error) {
	l, err := s.listing("ListPolicies", nameKey(kind, deref(owner)), marker, maxItems)
	if err != nil {
		return nil, false, nil, err
	}
	e, err := s.find(ctx, s.db, kind, owner)
	if err != nil {
		return nil, false, nil, err
	}
	names := make([]string, len(e.Inline))
	for i := range names {
		names[i] = e.Inline[i].Name
	}
	names, truncated, next := page(l, names, func(name string) string { return name })
	return names, truncated, next, nil
}

func (s *Service) deleteInline(ctx context.Context, kind entityKind, owner, name *string) error {
	_, err := s.change(ctx, kind, owner, func(_ *store.Tx, e *entity) error {
		at, there := e.inline(deref(name))
		if !there {
			return noInline(kind, name)
		}
		e.Inline = slices.Delete(e.Inline, at, at+1)
		return nil
	})
	return err
}

// PutUserPolicy adds an inline policy to a user, or replaces it.
func (s *Service) PutUserPolicy(ctx context.Context, _ *access.Call, in *iam.PutUserPolicyInput) (*iam.PutUserPolicyOutput, error) {
	return nil, s.putInline(ctx, user, in.UserName, in.PolicyName, in.PolicyDocument)
}

// GetUserPolicy shows an inline policy of a user.
func (s *Service) GetUserPolicy(ctx context.Context, _ *access.Call, in *iam.GetUserPolicyInput) (*iam.GetUserPolicyOutput, error) {
	owner, document, err := s.getInline(ctx, user, in.UserName, in.PolicyName)
	return &iam.GetUserPolicyOutput{UserName: owner, PolicyName: in.PolicyName, PolicyDocument: document}, err
}

// ListUserPolicies pages through the names of a user's inline policies.
func (s *Service) ListUserPolicies(ctx context.Context, _ *access.Call, in *iam.ListUserPoliciesInput) (*iam.ListUserPoliciesOutput, error) {
	names, truncated, next, err := s.listInline(ctx, user, in.UserName, in.Marker, in.MaxItems)
	return &iam.ListUserPoliciesOutput{PolicyNames: names, IsTruncated: truncated, Marker: next}, err
}

// DeleteUserPolicy removes an inline policy of a user.
func (s *Service) DeleteUserPolicy(ctx context.Context, _ *access.Call, in *iam.DeleteUserPolicyInput) (*iam.DeleteUserPolicyOutput, error) {
	return nil, s.deleteInline(ctx, user, in.UserName, in.PolicyName)
}

// PutGroupPolicy adds an inline policy to a group, or replaces it.
func (s *Service) PutGroupPolicy(ctx context.Context, _ *access.Call, in *iam.PutGroupPolicyInput) (*iam.PutGroupPolicyOutput, error) {
	return nil, s.putInline(ctx, group, in.GroupName, in.PolicyName, in.PolicyDocument)
}

// GetGroupPolicy shows an inline policy of a group.
func (s *Service) GetGroupPolicy(ctx context.Context, _ *access.Call, in *iam.GetGroupPolicyInput) (*iam.GetGroupPolicyOutput, error) {
	owner, document, err := s.getInline(ctx, group, in.GroupName, in.PolicyName)
	return &iam.GetGroupPolicyOutput{GroupName: owner, PolicyName: in.PolicyName, PolicyDocument: document}, err
}

// ListGroupPolicies pages through the names of a group's inline policies.
func (s *Service) ListGroupPolicies(ctx context.Context, _ *access.Call, in *iam.ListGroupPoliciesInput) (*iam.ListGroupPoliciesOutput, error) {
	names, truncated, next, err := s.listInline(ctx, group, in.GroupName, in.Marker, in.MaxItems)
	return &iam.ListGroupPoliciesOutput{PolicyNames: names, IsTruncated: truncated, Marker: next}, err
}

// DeleteGroupPolicy removes an inline policy of a group.
func (s *Service) DeleteGroupPolicy(ctx context.Context, _ *access.Call, in *iam.DeleteGroupPolicyInput) (*iam.DeleteGroupPolicyOutput, error) {
	return nil, s.deleteInline(ctx, group, in.GroupName, in.PolicyName)
}

// PutRolePolicy adds an inline policy to a role, or replaces it.
func (s *Service) PutRolePolicy(ctx context.Context, _ *access.Call, in *iam.PutRolePolicyInput) (*iam.PutRolePolicyOutput, error) {
	return nil, s.putInline(ctx, role, in.RoleName, in.PolicyName, in.PolicyDocument)
}

// GetRolePolicy shows an inline policy of a role.
func (s *Service) GetRolePolicy(ctx context.Context, _ *access.Call, in *iam.GetRolePolicyInput) (*iam.GetRolePolicyOutput, error) {
	owner, document, err := s.getInline(ctx, role, in.RoleName, in.PolicyName)
	return &iam.GetRolePolicyOutput{RoleName: owner, PolicyName: in.PolicyName, PolicyDocument: document}, err
}

// ListRolePolicies pages through the names of a role's inline policies.
func (s *Service) ListRolePolicies(ctx context.Context, _ *access.Call, in *iam.ListRolePoliciesInput) (*iam.ListRolePoliciesOutput, error) {
	names, truncated, next, err := s.listInline(ctx, role, in.RoleName, in.Marker, in.MaxItems)
	return &iam.ListRolePoliciesOutput{PolicyNames: names, IsTruncated: truncated, Marker: next}, err
}

// DeleteRolePolicy removes an inline policy of a role.
func (s *Service) DeleteRolePolicy(ctx context.Context, _ *access.Call, in *iam.DeleteRolePolicyInput) (*iam.DeleteRolePolicyOutput, error) {
	return nil, s.deleteInline(ctx, role, in.RoleName, in.PolicyName)
}
