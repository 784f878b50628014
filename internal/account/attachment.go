package account

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// maxAttached is AWS's default quota for users, groups and roles alike.
const maxAttached = 10

// attach adds a managed policy to an entity; one that is there already stays.
func (s *Service) attach(ctx context.Context, kind entityKind, name, arn *string) error {
	_, err := s.change(ctx, kind, name, func(tx *store.Tx, e *entity) error {
		if err := s.managedExists(ctx, tx, deref(arn)); err != nil {
			return err
		}
		e.Attached = insertSorted(e.Attached, *arn)
		if len(e.Attached) > maxAttached {
			return limitExceeded("Cannot exceed quota for PoliciesPer%s: %d", titles[kind], maxAttached)
		}
		return nil
	})
	return err
}

func (s *Service) detach(ctx context.Context, kind entityKind, name, arn *string) error {
	_, err := s.change(ctx, kind, name, func(_ *store.Tx, e *entity) error {
		var there bool
		if e.Attached, there = removeSorted(e.Attached, deref(arn)); !there {
			return noSuchEntity("Policy %s was not found.", deref(arn))
		}
		return nil
	})
	return err
}

func (s *Service) listAttached(ctx context.Context, kind entityKind, name, prefix, marker *string, maxItems *int32) ([]types.AttachedPolicy, bool, *string, error) {
	l, err := s.listing("ListAttachedPolicies", nameKey(kind, deref(name))+deref(prefix), marker, maxItems)
	if err != nil {
		return nil, false, nil, err
	}
	e, err := s.find(ctx, s.db, kind, name)
	if err != nil {
		return nil, false, nil, err
	}
	under := func(arn string) bool {
		path, _ := splitPolicyARN(arn)
		return strings.HasPrefix(path, deref(prefix))
	}
	arns := slices.DeleteFunc(e.Attached, func(arn string) bool { return !under(arn) })
	arns, truncated, next := page(l, arns, func(arn string) string { return arn })
	return attachedShapes(arns), truncated, next, nil
}

func attachedShapes(arns []string) []types.AttachedPolicy {
	list := make([]types.AttachedPolicy, len(arns))
	for i, arn := range arns {
		_, name := splitPolicyARN(arn)
		list[i] = types.AttachedPolicy{PolicyArn: &arn, PolicyName: &name}
	}
	return list
}

// splitPolicyARN gives the path and name of a managed policy.
func splitPolicyARN(arn string) (path, name string) {
	_, rest, _ := strings.Cut(arn, ":policy/")
	at := strings.LastIndexByte(rest, '/') + 1
	return "/" + rest[:at], rest[at:]
}

// ListEntitiesForPolicy pages through those whom a policy is attached to, or
// whose boundary it is.
func (s *Service) ListEntitiesForPolicy(ctx context.Context, _ *access.Call, in *iam.ListEntitiesForPolicyInput) (*iam.ListEntitiesForPolicyOutput, error) {
	kinds := map[types.EntityType]entityKind{types.EntityTypeUser: user, types.EntityTypeGroup: group, types.EntityTypeRole: role}
	kind, known := kinds[in.EntityFilter]
	switch {
	case known, in.EntityFilter == "":
	case in.EntityFilter == types.EntityTypeAWSManagedPolicy, in.EntityFilter == types.EntityTypeLocalManagedPolicy:
		return nil, validation("The entity filter %s is for GetAccountAuthorizationDetails.", in.EntityFilter)
	default:
		return nil, validation("1 validation error detected: Value '%s' at 'entityFilter' failed to satisfy constraint: Member must satisfy enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]", in.EntityFilter)
	}
	arn := deref(in.PolicyArn)
	l, err := s.listing("ListEntitiesForPolicy", strings.Join([]string{arn, string(in.EntityFilter), string(in.PolicyUsageFilter), deref(in.PathPrefix)}, " "), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	if err := s.managedExists(ctx, s.db, arn); err != nil {
		return nil, noSuchEntity("Policy %s was not found.", arn)
	}
	rows, err := entities.List(ctx, s.db, "substr(path, 1, length($1)) = $1 order by name", deref(in.PathPrefix))
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(e *entity) bool {
		permits := in.PolicyUsageFilter != types.PolicyUsageTypePermissionsBoundary && slices.Contains(e.Attached, arn)
		bounds := in.PolicyUsageFilter != types.PolicyUsageTypePermissionsPolicy && e.Boundary == arn
		return known && e.Kind != kind || !permits && !bounds
	})
	rows, truncated, next := page(l, rows, func(e *entity) string { return nameKey(e.Kind, e.Name) })
	out := &iam.ListEntitiesForPolicyOutput{IsTruncated: truncated, Marker: next}
	for _, e := range rows {
		switch e.Kind {
		case user:
			out.PolicyUsers = append(out.PolicyUsers, types.PolicyUser{UserName: &e.Name, UserId: &e.ID})
		case group:
			out.PolicyGroups = append(out.PolicyGroups, types.PolicyGroup{GroupName: &e.Name, GroupId: &e.ID})
		case role:
			out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleName: &e.Name, RoleId: &e.ID})
		}
	}
	return out, nil
}

// AttachUserPolicy attaches a managed policy to a user.
func (s *Service) AttachUserPolicy(ctx context.Context, _ *access.Call, in *iam.AttachUserPolicyInput) (*iam.AttachUserPolicyOutput, error) {
	return nil, s.attach(ctx, user, in.UserName, in.PolicyArn)
}

// DetachUserPolicy takes a managed policy from a user.
func (s *Service) DetachUserPolicy(ctx context.Context, _ *access.Call, in *iam.DetachUserPolicyInput) (*iam.DetachUserPolicyOutput, error) {
	return nil, s.detach(ctx, user, in.UserName, in.PolicyArn)
}

// ListAttachedUserPolicies pages through the managed policies of a user.
func (s *Service) ListAttachedUserPolicies(ctx context.Context, _ *access.Call, in *iam.ListAttachedUserPoliciesInput) (*iam.ListAttachedUserPoliciesOutput, error) {
	list, truncated, next, err := s.listAttached(ctx, user, in.UserName, in.PathPrefix, in.Marker, in.MaxItems)
	return &iam.ListAttachedUserPoliciesOutput{AttachedPolicies: list, IsTruncated: truncated, Marker: next}, err
}

// AttachGroupPolicy attaches a managed policy to a group.
func (s *Service) AttachGroupPolicy(ctx context.Context, _ *access.Call, in *iam.AttachGroupPolicyInput) (*iam.AttachGroupPolicyOutput, error) {
	return nil, s.attach(ctx, group, in.GroupName, in.PolicyArn)
}

// DetachGroupPolicy takes a managed policy from a group.
func (s *Service) DetachGroupPolicy(ctx context.Context, _ *access.Call, in *iam.DetachGroupPolicyInput) (*iam.DetachGroupPolicyOutput, error) {
	return nil, s.detach(ctx, group, in.GroupName, in.PolicyArn)
}

// ListAttachedGroupPolicies pages through the managed policies of a group.
func (s *Service) ListAttachedGroupPolicies(ctx context.Context, _ *access.Call, in *iam.ListAttachedGroupPoliciesInput) (*iam.ListAttachedGroupPoliciesOutput, error) {
	list, truncated, next, err := s.listAttached(ctx, group, in.GroupName, in.PathPrefix, in.Marker, in.MaxItems)
	return &iam.ListAttachedGroupPoliciesOutput{AttachedPolicies: list, IsTruncated: truncated, Marker: next}, err
}

// AttachRolePolicy attaches a managed policy to a role.
func (s *Service) AttachRolePolicy(ctx context.Context, _ *access.Call, in *iam.AttachRolePolicyInput) (*iam.AttachRolePolicyOutput, error) {
	return nil, s.attach(ctx, role, in.RoleName, in.PolicyArn)
}

// DetachRolePolicy takes a managed policy from a role.
func (s *Service) DetachRolePolicy(ctx context.Context, _ *access.Call, in *iam.DetachRolePolicyInput) (*iam.DetachRolePolicyOutput, error) {
	return nil, s.detach(ctx, role, in.RoleName, in.PolicyArn)
}

// ListAttachedRolePolicies pages through the managed policies of a role.
func (s *Service) ListAttachedRolePolicies(ctx context.Context, _ *access.Call, in *iam.ListAttachedRolePoliciesInput) (*iam.ListAttachedRolePoliciesOutput, error) {
	list, truncated, next, err := s.listAttached(ctx, role, in.RoleName, in.PathPrefix, in.Marker, in.MaxItems)
	return &iam.ListAttachedRolePoliciesOutput{AttachedPolicies: list, IsTruncated: truncated, Marker: next}, err
}
