package account

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
)

const maxPolicies = 1500

func versionID(number int) string { return "v" + strconv.Itoa(number) }

func (s *Service) policyShape(p *managedPolicy) types.Policy {
	attached, bounding := s.current.Load().uses(p.ARN)
	return types.Policy{
		Arn: &p.ARN, PolicyId: &p.ID, PolicyName: &p.Name, Path: &p.Path, Description: unlessEmpty(p.Description),
		CreateDate: &p.Created, UpdateDate: &p.Updated, DefaultVersionId: new(versionID(p.Default)),
		IsAttachable: true, AttachmentCount: &attached, PermissionsBoundaryUsageCount: &bounding, Tags: tagShapes(p.Tags),
	}
}

func isPolicyARN(arn string) bool {
	return strings.HasPrefix(arn, "arn:aws:iam::") && strings.Contains(arn, ":policy/")
}

// managed reads a policy by its ARN, one of AWS's or of the account.
func (s *Service) managed(ctx context.Context, session store.Session, arn *string) (*managedPolicy, error) {
	if !isPolicyARN(deref(arn)) {
		return nil, validation("ARN %s is not valid.", deref(arn))
	}
	if p := awsManaged(*arn); p != nil {
		return &p.managedPolicy, nil
	}
	p, err := managedPolicies.Get(ctx, session, *arn)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noSuchEntity("Policy %s was not found.", *arn)
	}
	return p, err
}

// managedExists reports, for whoever wants to attach it, that a policy is not there.
func (s *Service) managedExists(ctx context.Context, session store.Session, arn string) error {
	_, err := s.managed(ctx, session, &arn)
	var missing *types.NoSuchEntityException
	if errors.As(err, &missing) {
		return noSuchEntity("Policy %s does not exist or is not attachable.", arn)
	}
	return err
}

// changePolicy applies fn to a policy of the account. AWS's own never change.
func (s *Service) changePolicy(ctx context.Context, arn *string, fn func(tx *store.Tx, p *managedPolicy) error) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		p, err := s.ownPolicy(ctx, tx, arn)
		if err != nil {
			return err
		}
		_, err = managedPolicies.Update(ctx, tx, func(p *managedPolicy) error { return fn(tx, p) }, p.ARN)
		return err
	})
}

func (s *Service) ownPolicy(ctx context.Context, tx *store.Tx, arn *string) (*managedPolicy, error) {
	p, err := s.managed(ctx, tx, arn)
	if err == nil && awsManaged(p.ARN) != nil {
		return nil, accessDenied("Policy %s is managed by AWS and cannot be changed.", p.ARN)
	}
	return p, err
}

// CreatePolicy makes a managed policy whose first version is v1.
func (s *Service) CreatePolicy(ctx context.Context, call *access.Call, in *iam.CreatePolicyInput) (*iam.CreatePolicyOutput, error) {
	if err := checkName("policyName", deref(in.PolicyName), 128); err != nil {
		return nil, err
	}
	path, err := pathOf(in.Path)
	if err != nil {
		return nil, err
	}
	if err := checkDescription(deref(in.Description)); err != nil {
		return nil, err
	}
	text, err := managedDocument(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	now := second(call)
	p := &managedPolicy{
		ARN: "arn:aws:iam::" + s.account + ":policy" + path + *in.PolicyName, ID: newID("ANPA"),
		Name: *in.PolicyName, Path: path, Description: deref(in.Description), Created: now, Updated: now,
		Default: 1, Next: 2, Versions: []policyVersion{{1, text, now}},
	}
	if p.Tags, err = policyTagsOf(in.Tags); err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		n, err := managedPolicies.Count(ctx, tx, "")
		if err != nil {
			return err
		}
		if n >= maxPolicies {
			return limitExceeded("Cannot exceed quota for PoliciesPerAccount: %d", maxPolicies)
		}
		return managedPolicies.Insert(ctx, tx, p)
	})
	if errors.Is(err, store.ErrExists) {
		return nil, alreadyExists("A policy called %s already exists. Duplicate names are not allowed.", p.Name)
	}
	if err != nil {
		return nil, err
	}
	shape := s.policyShape(p)
	shape.Description, shape.Tags = nil, tagsIfAny(p.Tags) // GetPolicy's
	return &iam.CreatePolicyOutput{Policy: &shape}, nil
}

func managedDocument(document *string) (string, error) {
	p, err := checkDocument(policy.Managed, document)
	if err != nil {
		return "", err
	}
	if p.CheckSize() != nil {
		return "", limitExceeded("Cannot exceed quota for PolicySize: %d", policy.Limit(policy.Managed))
	}
	return *document, nil
}

// GetPolicy shows a managed policy.
func (s *Service) GetPolicy(ctx context.Context, _ *access.Call, in *iam.GetPolicyInput) (*iam.GetPolicyOutput, error) {
	p, err := s.managed(ctx, s.db, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &iam.GetPolicyOutput{Policy: new(s.policyShape(p))}, nil
}

// ListPolicies pages through the account's policies and AWS's, by ARN.
func (s *Service) ListPolicies(ctx context.Context, _ *access.Call, in *iam.ListPoliciesInput) (*iam.ListPoliciesOutput, error) {
	switch in.Scope {
	case "", types.PolicyScopeTypeAll, types.PolicyScopeTypeAws, types.PolicyScopeTypeLocal:
	default:
		return nil, validation("1 validation error detected: Value '%s' at 'scope' failed to satisfy constraint: Member must satisfy enum value set: [All, AWS, Local]", in.Scope)
	}
	scope := strings.Join([]string{string(in.Scope), deref(in.PathPrefix), string(in.PolicyUsageFilter), strconv.FormatBool(in.OnlyAttached)}, " ")
	l, err := s.listing("ListPolicies", scope, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	var rows []*managedPolicy
	if in.Scope != types.PolicyScopeTypeAws {
		if rows, err = managedPolicies.List(ctx, s.db, ""); err != nil {
			return nil, err
		}
	}
	if in.Scope != types.PolicyScopeTypeLocal {
		for _, p := range awsPolicies() {
			rows = append(rows, &p.managedPolicy)
		}
	}
	now := s.current.Load()
	rows = slices.DeleteFunc(rows, func(p *managedPolicy) bool {
		attached, bounding := now.uses(p.ARN)
		switch {
		case !strings.HasPrefix(p.Path, deref(in.PathPrefix)),
			in.OnlyAttached && attached+bounding == 0,
			in.PolicyUsageFilter == types.PolicyUsageTypePermissionsPolicy && attached == 0,
			in.PolicyUsageFilter == types.PolicyUsageTypePermissionsBoundary && bounding == 0:
			return true
		}
		return false
	})
	slices.SortFunc(rows, func(a, b *managedPolicy) int { return cmp.Compare(a.ARN, b.ARN) })
	rows, truncated, next := page(l, rows, func(p *managedPolicy) string { return p.ARN })
	list := make([]types.Policy, len(rows))
	for i, p := range rows {
		list[i] = s.policyShape(p)
		list[i].Tags, list[i].Description = nil, nil // GetPolicy's
	}
	return &iam.ListPoliciesOutput{Policies: list, IsTruncated: truncated, Marker: next}, nil
}

// DeletePolicy removes a policy that nobody uses and that has one version left.
func (s *Service) DeletePolicy(ctx context.Context, _ *access.Call, in *iam.DeletePolicyInput) (*iam.DeletePolicyOutput, error) {
	return nil, s.db.Write(ctx, func(tx *store.Tx) error {
		p, err := s.ownPolicy(ctx, tx, in.PolicyArn)
		if err != nil {
			return err
		}
		rows, err := entities.List(ctx, tx, "")
		if err != nil {
			return err
		}
		for _, e := range rows {
			if slices.Contains(e.Attached, p.ARN) || e.Boundary == p.ARN {
				return deleteConflict("Cannot delete a policy attached to entities.")
			}
		}
		if len(p.Versions) > 1 {
			return deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		return managedPolicies.Delete(ctx, tx, p.ARN)
	})
}
