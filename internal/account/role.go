package account

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
)

const (
	minMaxSession = 3600 // seconds
	maxMaxSession = 43200
)

func (s *Service) roleShape(e *entity) types.Role {
	return types.Role{
		RoleName: &e.Name, RoleId: &e.ID, Path: &e.Path, Arn: new(e.arn(s.account)), CreateDate: &e.Created,
		AssumeRolePolicyDocument: encoded(e.Role.Trust), Description: unlessEmpty(e.Role.Description), MaxSessionDuration: &e.Role.MaxSession,
		PermissionsBoundary: boundaryShape(e), Tags: tagsIfAny(e.Tags),
	}
}

func unlessEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// CreateRole makes a role that whom its trust policy names may assume.
func (s *Service) CreateRole(ctx context.Context, call *access.Call, in *iam.CreateRoleInput) (*iam.CreateRoleOutput, error) {
	e, err := s.newEntity(call, role, in.RoleName, in.Path)
	if err != nil {
		return nil, err
	}
	if err := checkLinked(e.Name, e.Path); err != nil {
		return nil, err
	}
	e.Role = &roleSettings{MaxSession: minMaxSession}
	if err := e.Role.set(in.Description, in.MaxSessionDuration); err != nil {
		return nil, err
	}
	if e.Tags, err = sortedTags(in.Tags); err != nil {
		return nil, err
	}
	e.Boundary = deref(in.PermissionsBoundary)
	err = s.create(ctx, e, func(tx *store.Tx) error {
		if err := s.boundaryExists(ctx, tx, in.PermissionsBoundary); err != nil {
			return err
		}
		return s.setTrust(ctx, tx, e.Role, in.AssumeRolePolicyDocument)
	})
	if err != nil {
		return nil, err
	}
	shape := s.roleShape(e)
	shape.Description, shape.MaxSessionDuration = nil, nil // GetRole's
	return &iam.CreateRoleOutput{Role: &shape}, nil
}

func (r *roleSettings) set(description *string, maxSession *int32) error {
	if description != nil {
		if err := checkDescription(*description); err != nil {
			return err
		}
		r.Description = *description
	}
	if maxSession != nil {
		if *maxSession < minMaxSession || *maxSession > maxMaxSession {
			return validation("1 validation error detected: Value '%d' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between %d and %d", *maxSession, minMaxSession, maxMaxSession)
		}
		r.MaxSession = *maxSession
	}
	return nil
}

// setTrust reads a trust policy. Users and roles of this account that it names
// must be there.
func (s *Service) setTrust(ctx context.Context, tx *store.Tx, r *roleSettings, document *string) error {
	if deref(document) != "" && !json.Valid([]byte(*document)) {
		return &types.MalformedPolicyDocumentException{Message: new("This policy contains invalid Json")}
	}
	p, err := checkDocument(policy.Trust, document)
	if err != nil {
		return err
	}
	if p.CheckSize() != nil {
		return limitExceeded("Cannot exceed quota for ACLSizePerRole: %d", policy.Limit(policy.Trust))
	}
	bound, err := bindPrincipals(*document, func(principal string) (string, error) {
		kind, path, name, ok := splitEntityARN(s.account, principal)
		if !ok {
			return principal, nil
		}
		e, err := s.find(ctx, tx, kind, &name)
		if err != nil || e.Path != path || e.Name != name {
			return "", &types.MalformedPolicyDocumentException{Message: new(`Invalid principal in policy: "AWS":"` + principal + `"`)}
		}
		return e.ID, nil
	})
	if err != nil {
		return err
	}
	r.Trust, r.TrustBound = *document, bound
	return nil
}

// splitEntityARN takes the ARN of a user, group or role of the account apart.
func splitEntityARN(account, arn string) (kind entityKind, path, name string, ok bool) {
	rest, ok := strings.CutPrefix(arn, "arn:aws:iam::"+account+":")
	if !ok {
		return "", "", "", false
	}
	sort, rest, _ := strings.Cut(rest, "/")
	kind = entityKind(sort)
	if idPrefixes[kind] == "" || rest == "" {
		return "", "", "", false
	}
	at := strings.LastIndexByte(rest, '/') + 1
	return kind, "/" + rest[:at], rest[at:], true
}

// GetRole shows a role, and when somebody last acted in it.
func (s *Service) GetRole(ctx context.Context, _ *access.Call, in *iam.GetRoleInput) (*iam.GetRoleOutput, error) {
	e, err := s.find(ctx, s.db, role, in.RoleName)
	if err != nil {
		return nil, err
	}
	shape := s.roleShape(e)
	if shape.RoleLastUsed, err = s.roleLastUsed(ctx, e); err != nil {
		return nil, err
	}
	return &iam.GetRoleOutput{Role: &shape}, nil
}

// ListRoles pages through the roles by name. Tags and boundaries are GetRole's.
func (s *Service) ListRoles(ctx context.Context, _ *access.Call, in *iam.ListRolesInput) (*iam.ListRolesOutput, error) {
	rows, truncated, next, err := s.listEntities(ctx, "ListRoles", role, in.PathPrefix, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	list := make([]types.Role, len(rows))
	for i, e := range rows {
		list[i] = s.roleShape(e)
		list[i].Tags, list[i].PermissionsBoundary = nil, nil
	}
	return &iam.ListRolesOutput{Roles: list, IsTruncated: truncated, Marker: next}, nil
}

// UpdateRole sets description and longest session. A description that is not
// given is emptied only by an empty one.
func (s *Service) UpdateRole(ctx context.Context, _ *access.Call, in *iam.UpdateRoleInput) (*iam.UpdateRoleOutput, error) {
	_, err := s.change(ctx, role, in.RoleName, func(_ *store.Tx, e *entity) error {
		return e.Role.set(in.Description, in.MaxSessionDuration)
	})
	return nil, err
}

// UpdateRoleDescription is the older form of UpdateRole.
func (s *Service) UpdateRoleDescription(ctx context.Context, _ *access.Call, in *iam.UpdateRoleDescriptionInput) (*iam.UpdateRoleDescriptionOutput, error) {
	e, err := s.change(ctx, role, in.RoleName, func(_ *store.Tx, e *entity) error { return e.Role.set(in.Description, nil) })
	if err != nil {
		return nil, err
	}
	shape := s.roleShape(e)
	shape.MaxSessionDuration = nil // GetRole's
	return &iam.UpdateRoleDescriptionOutput{Role: &shape}, nil
}

// UpdateAssumeRolePolicy replaces the trust policy. Sessions that exist go on.
func (s *Service) UpdateAssumeRolePolicy(ctx context.Context, _ *access.Call, in *iam.UpdateAssumeRolePolicyInput) (*iam.UpdateAssumeRolePolicyOutput, error) {
	_, err := s.change(ctx, role, in.RoleName, func(tx *store.Tx, e *entity) error {
		return s.setTrust(ctx, tx, e.Role, in.PolicyDocument)
	})
	return nil, err
}

// DeleteRole removes a role that has no policies any more. Its sessions die with it.
func (s *Service) DeleteRole(ctx context.Context, _ *access.Call, in *iam.DeleteRoleInput) (*iam.DeleteRoleOutput, error) {
	return nil, s.remove(ctx, role, in.RoleName, func(tx *store.Tx, e *entity) error { return forgetUse(ctx, tx, e.ID) })
}
