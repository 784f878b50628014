package account

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
)

// GetAccountAuthorizationDetails pages through everything that decides in the
// account: users, groups and roles with all their policies, and the managed
// policies with their versions. Of AWS's policies it has those in use.
func (s *Service) GetAccountAuthorizationDetails(ctx context.Context, _ *access.Call, in *iam.GetAccountAuthorizationDetailsInput) (*iam.GetAccountAuthorizationDetailsOutput, error) {
	var names []string
	for i, f := range in.Filter {
		if !slices.Contains(f.Values(), f) {
			return nil, validation("1 validation error detected: Value '%s' at 'filter.%d.member' failed to satisfy constraint: Member must satisfy enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]", f, i+1)
		}
		names = append(names, string(f))
	}
	slices.Sort(names)
	wants := func(t types.EntityType) bool { return len(in.Filter) == 0 || slices.Contains(in.Filter, t) }
	l, err := s.listing("GetAccountAuthorizationDetails", strings.Join(names, " "), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	everyone, err := entities.List(ctx, s.db, "")
	if err != nil {
		return nil, err
	}
	policies, err := managedPolicies.List(ctx, s.db, "")
	if err != nil {
		return nil, err
	}
	groups := map[string]string{}
	type item struct {
		key    string
		entity *entity
		policy *managedPolicy
	}
	var items []item
	for _, e := range everyone {
		if e.Kind == group {
			groups[e.ID] = e.Name
		}
		if wants(types.EntityType(titles[e.Kind])) {
			items = append(items, item{key: nameKey(e.Kind, e.Name), entity: e})
		}
	}
	if wants(types.EntityTypeLocalManagedPolicy) {
		for _, p := range policies {
			items = append(items, item{key: "~" + p.ARN, policy: p}) // after all entities
		}
	}
	if wants(types.EntityTypeAWSManagedPolicy) {
		now := s.current.Load()
		for arn, p := range awsPolicies() {
			if attached, bounding := now.uses(arn); attached+bounding > 0 {
				items = append(items, item{key: "~" + arn, policy: &p.managedPolicy})
			}
		}
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.key, b.key) })
	items, truncated, next := page(l, items, func(i item) string { return i.key })
	out := &iam.GetAccountAuthorizationDetailsOutput{
		UserDetailList: []types.UserDetail{}, GroupDetailList: []types.GroupDetail{}, RoleDetailList: []types.RoleDetail{}, Policies: []types.ManagedPolicyDetail{},
		IsTruncated: truncated, Marker: next,
	}
	for _, i := range items {
		switch {
		case i.policy != nil:
			out.Policies = append(out.Policies, s.policyDetail(i.policy))
		case i.entity.Kind == user:
			d := s.userDetail(i.entity)
			for _, id := range i.entity.Groups {
				if name, there := groups[id]; there {
					d.GroupList = append(d.GroupList, name)
				}
			}
			slices.Sort(d.GroupList)
			out.UserDetailList = append(out.UserDetailList, d)
		case i.entity.Kind == group:
			e := i.entity
			out.GroupDetailList = append(out.GroupDetailList, types.GroupDetail{
				Arn: new(e.arn(s.account)), CreateDate: &e.Created, GroupId: &e.ID, GroupName: &e.Name, Path: &e.Path,
				GroupPolicyList: inlineDetails(e), AttachedManagedPolicies: attachedShapes(e.Attached),
			})
		case i.entity.Kind == role:
			d, err := s.roleDetail(ctx, i.entity)
			if err != nil {
				return nil, err
			}
			out.RoleDetailList = append(out.RoleDetailList, d)
		}
	}
	return out, nil
}

func (s *Service) userDetail(e *entity) types.UserDetail {
	return types.UserDetail{
		Arn: new(e.arn(s.account)), CreateDate: &e.Created, UserId: &e.ID, UserName: &e.Name, Path: &e.Path, GroupList: []string{},
		UserPolicyList: inlineDetails(e), AttachedManagedPolicies: attachedShapes(e.Attached), PermissionsBoundary: boundaryShape(e), Tags: tagShapes(e.Tags),
	}
}

func (s *Service) roleDetail(ctx context.Context, e *entity) (types.RoleDetail, error) {
	used, err := s.roleLastUsed(ctx, e)
	return types.RoleDetail{
		Arn: new(e.arn(s.account)), CreateDate: &e.Created, RoleId: &e.ID, RoleName: &e.Name, Path: &e.Path,
		AssumeRolePolicyDocument: encoded(e.Role.Trust), RolePolicyList: inlineDetails(e), AttachedManagedPolicies: attachedShapes(e.Attached),
		InstanceProfileList: []types.InstanceProfile{}, PermissionsBoundary: boundaryShape(e), Tags: tagShapes(e.Tags), RoleLastUsed: used,
	}, err
}

func (s *Service) policyDetail(p *managedPolicy) types.ManagedPolicyDetail {
	shape := s.policyShape(p)
	d := types.ManagedPolicyDetail{
		Arn: shape.Arn, PolicyId: shape.PolicyId, PolicyName: shape.PolicyName, Path: shape.Path, Description: unlessEmpty(p.Description),
		CreateDate: shape.CreateDate, UpdateDate: shape.UpdateDate, DefaultVersionId: shape.DefaultVersionId, IsAttachable: true,
		AttachmentCount: shape.AttachmentCount, PermissionsBoundaryUsageCount: shape.PermissionsBoundaryUsageCount,
	}
	for _, v := range newestFirst(p.Versions) {
		version := versionShape(p, v)
		version.Document = encoded(v.Text)
		d.PolicyVersionList = append(d.PolicyVersionList, version)
	}
	return d
}

func inlineDetails(e *entity) []types.PolicyDetail {
	list := make([]types.PolicyDetail, len(e.Inline))
	for i := range e.Inline {
		list[i] = types.PolicyDetail{PolicyName: &e.Inline[i].Name, PolicyDocument: encoded(e.Inline[i].Text)}
	}
	return list
}
