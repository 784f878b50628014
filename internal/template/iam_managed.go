package template

import (
	"context"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/policy"
)

var managedPolicyType = &resourceType{
	name: "AWS::IAM::ManagedPolicy",
	properties: fields{
		"ManagedPolicyName": str.replaces(), "Path": str.replaces(), "Description": str.replaces(),
		"PolicyDocument": policyOf(policy.Managed).must(), "Groups": strs, "Roles": strs, "Users": strs,
	},
	attributes: []string{"PolicyArn", "PolicyId"},
	identity:   []string{"ManagedPolicyName"}, unique: true,
	create: createManaged, update: updateManaged, remove: removeManaged, find: findManaged,
}

func (w *work) managedIs(p *iamtypes.Policy) {
	w.row.PhysicalID = aws.ToString(p.Arn)
	w.row.Attributes = map[string]string{"PolicyArn": aws.ToString(p.Arn), "PolicyId": aws.ToString(p.PolicyId)}
}

func createManaged(ctx context.Context, w *work) error {
	out, err := invoke[iam.CreatePolicyOutput](ctx, w.deploy, iamService, "CreatePolicy", &iam.CreatePolicyInput{
		PolicyName: aws.String(w.physicalName("ManagedPolicyName", 128)), Path: ptr(w.text("Path")),
		Description: ptr(w.text("Description")), PolicyDocument: aws.String(w.text("PolicyDocument")),
	})
	if err != nil {
		return err
	}
	w.managedIs(out.Policy)
	return w.bindManaged(ctx)
}

func (w *work) bindManaged(ctx context.Context) error {
	var all []bond
	for _, o := range owners {
		for _, name := range w.texts(o.property) {
			all = append(all, bond{tie: tie{tiedAttached, o.entity, name, w.row.PhysicalID}})
		}
	}
	return w.bind(ctx, all)
}

// updateManaged puts a new version in force. The oldest goes when there is no
// room for another.
func updateManaged(ctx context.Context, w *work) error {
	if w.changed["PolicyDocument"] {
		versions, err := w.versions(ctx)
		if err != nil {
			return err
		}
		if len(versions) >= 4 { // with the one in force five, which is IAM's limit
			oldest := versions[0]
			for _, v := range versions {
				if versionNumber(v) < versionNumber(oldest) {
					oldest = v
				}
			}
			if err := w.deleteVersion(ctx, oldest); err != nil {
				return err
			}
		}
		err = run(ctx, w.deploy, iamService, "CreatePolicyVersion", &iam.CreatePolicyVersionInput{
			PolicyArn: &w.row.PhysicalID, PolicyDocument: aws.String(w.text("PolicyDocument")), SetAsDefault: true})
		if err != nil {
			return err
		}
	}
	return w.bindManaged(ctx)
}

func versionNumber(version string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(version, "v"))
	return n
}

// versions are the ids of those that are not in force.
func (w *work) versions(ctx context.Context) (ids []string, err error) {
	in := &iam.ListPolicyVersionsInput{PolicyArn: &w.row.PhysicalID}
	for {
		out, err := invoke[iam.ListPolicyVersionsOutput](ctx, w.deploy, iamService, "ListPolicyVersions", in)
		if err != nil {
			return nil, err
		}
		for _, v := range out.Versions {
			if !v.IsDefaultVersion {
				ids = append(ids, aws.ToString(v.VersionId))
			}
		}
		if out.Marker == nil {
			return ids, nil
		}
		in.Marker = out.Marker
	}
}

func (w *work) deleteVersion(ctx context.Context, id string) error {
	return unlessGone(run(ctx, w.deploy, iamService, "DeletePolicyVersion", &iam.DeletePolicyVersionInput{PolicyArn: &w.row.PhysicalID, VersionId: &id}))
}

func removeManaged(ctx context.Context, w *work) error {
	arn := w.row.PhysicalID
	if err := w.strip(ctx, func(t tie) bool { return t.Kind == tiedAttached && t.What == arn }); err != nil {
		return err
	}
	versions, err := w.versions(ctx)
	if err != nil {
		return unlessGone(err)
	}
	for _, id := range versions {
		if err := w.deleteVersion(ctx, id); err != nil {
			return err
		}
	}
	return unlessGone(run(ctx, w.deploy, iamService, "DeletePolicy", &iam.DeletePolicyInput{PolicyArn: &arn}))
}

// findManaged goes by the name, which no two policies have, whatever their paths.
func findManaged(ctx context.Context, w *work) (bool, error) {
	name, in := w.physicalName("ManagedPolicyName", 128), &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal}
	for {
		out, err := invoke[iam.ListPoliciesOutput](ctx, w.deploy, iamService, "ListPolicies", in)
		if err != nil {
			return false, err
		}
		for _, p := range out.Policies {
			if !strings.EqualFold(aws.ToString(p.PolicyName), name) {
				continue
			}
			if ours, err := w.madeBy(ctx, aws.ToString(p.Arn), "", p.CreateDate); err != nil || !ours {
				return false, err
			}
			w.managedIs(&p)
			return true, nil
		}
		if out.Marker == nil {
			return false, nil
		}
		in.Marker = out.Marker
	}
}
