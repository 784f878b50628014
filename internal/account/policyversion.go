package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

const maxVersions = 5

func versionShape(p *managedPolicy, v policyVersion) types.PolicyVersion {
	return types.PolicyVersion{VersionId: new(versionID(v.Number)), IsDefaultVersion: v.Number == p.Default, CreateDate: &v.Created}
}

var versionIDs = regexp.MustCompile(`^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$`)

// withVersion says of what is missing that the version is: so AWS does, also
// when there is no such policy at all.
func withVersion(err error, arn, id *string) error {
	var missing *types.NoSuchEntityException
	if errors.As(err, &missing) {
		return noSuchEntity("Policy %s version %s does not exist or is not attachable.", deref(arn), deref(id))
	}
	return err
}

func checkVersionID(id *string) error {
	if !versionIDs.MatchString(deref(id)) {
		return validation(`1 validation error detected: Value at 'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`)
	}
	return nil
}

// newestFirst orders versions as AWS lists them.
func newestFirst(versions []policyVersion) []policyVersion {
	versions = slices.Clone(versions)
	slices.SortFunc(versions, func(a, b policyVersion) int { return cmp.Compare(b.Number, a.Number) })
	return versions
}

// version finds the position of a version by its id.
func (p *managedPolicy) version(id *string) (int, error) {
	at := slices.IndexFunc(p.Versions, func(v policyVersion) bool { return versionID(v.Number) == deref(id) })
	if at < 0 {
		return 0, noSuchEntity("Policy %s version %s does not exist or is not attachable.", p.ARN, deref(id))
	}
	return at, nil
}

// versionOrder is a key by which the newest version comes first.
func versionOrder(number int) string { return fmt.Sprintf("%019d", math.MaxInt64-number) }

// CreatePolicyVersion adds a version, and puts it in force if asked to.
func (s *Service) CreatePolicyVersion(ctx context.Context, call *access.Call, in *iam.CreatePolicyVersionInput) (*iam.CreatePolicyVersionOutput, error) {
	text, err := managedDocument(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	var shape types.PolicyVersion
	err = s.changePolicy(ctx, in.PolicyArn, func(_ *store.Tx, p *managedPolicy) error {
		if len(p.Versions) >= maxVersions {
			return limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
		}
		v := policyVersion{p.Next, text, second(call)}
		p.Next++
		p.Versions = append(p.Versions, v)
		p.Updated = v.Created
		if in.SetAsDefault {
			p.Default = v.Number
		}
		shape = versionShape(p, v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreatePolicyVersionOutput{PolicyVersion: &shape}, nil
}

// GetPolicyVersion shows a version with its document.
func (s *Service) GetPolicyVersion(ctx context.Context, _ *access.Call, in *iam.GetPolicyVersionInput) (*iam.GetPolicyVersionOutput, error) {
	if err := checkVersionID(in.VersionId); err != nil {
		return nil, err
	}
	p, err := s.managed(ctx, s.db, in.PolicyArn)
	if err != nil {
		return nil, withVersion(err, in.PolicyArn, in.VersionId)
	}
	at, err := p.version(in.VersionId)
	if err != nil {
		return nil, err
	}
	shape := versionShape(p, p.Versions[at])
	shape.Document = encoded(p.Versions[at].Text)
	return &iam.GetPolicyVersionOutput{PolicyVersion: &shape}, nil
}

// ListPolicyVersions shows the versions, newest first. There are
// never many.
func (s *Service) ListPolicyVersions(ctx context.Context, _ *access.Call, in *iam.ListPolicyVersionsInput) (*iam.ListPolicyVersionsOutput, error) {
	l, err := s.listing("ListPolicyVersions", deref(in.PolicyArn), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	p, err := s.managed(ctx, s.db, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	versions, truncated, next := page(l, newestFirst(p.Versions), func(v policyVersion) string { return versionOrder(v.Number) })
	list := make([]types.PolicyVersion, len(versions))
	for i, v := range versions {
		list[i] = versionShape(p, v)
	}
	return &iam.ListPolicyVersionsOutput{Versions: list, IsTruncated: truncated, Marker: next}, nil
}

// DeletePolicyVersion removes a version that is not in force.
func (s *Service) DeletePolicyVersion(ctx context.Context, call *access.Call, in *iam.DeletePolicyVersionInput) (*iam.DeletePolicyVersionOutput, error) {
	if err := checkVersionID(in.VersionId); err != nil {
		return nil, err
	}
	err := s.changePolicy(ctx, in.PolicyArn, func(_ *store.Tx, p *managedPolicy) error {
		at, err := p.version(in.VersionId)
		if err != nil {
			return err
		}
		if p.Versions[at].Number == p.Default {
			return deleteConflict("Cannot delete the default version of a policy.")
		}
		p.Versions = slices.Delete(p.Versions, at, at+1)
		p.Updated = second(call)
		return nil
	})
	return nil, withVersion(err, in.PolicyArn, in.VersionId)
}

// SetDefaultPolicyVersion puts a version in force, at once and everywhere.
func (s *Service) SetDefaultPolicyVersion(ctx context.Context, call *access.Call, in *iam.SetDefaultPolicyVersionInput) (*iam.SetDefaultPolicyVersionOutput, error) {
	if err := checkVersionID(in.VersionId); err != nil {
		return nil, err
	}
	err := s.changePolicy(ctx, in.PolicyArn, func(_ *store.Tx, p *managedPolicy) error {
		at, err := p.version(in.VersionId)
		if err != nil {
			return err
		}
		p.Default, p.Updated = p.Versions[at].Number, second(call)
		return nil
	})
	return nil, withVersion(err, in.PolicyArn, in.VersionId)
}
