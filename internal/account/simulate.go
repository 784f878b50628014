package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

// question is what both simulations ask: each action on each resource.
type question struct {
	Actions, Resources   []string
	Policies, Boundaries []string
	ResourcePolicy       *string
	ResourceOwner        *string
	Caller               *string
	Handling             *string
	Context              []types.ContextEntry
	Organization         []types.OrderedOrganizationPolicyType
	Source               *string
	Excluded             []types.PolicyIdentifier

	marker   *string
	maxItems *int32
}

// SimulateCustomPolicy says what policies that nobody has yet would decide.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
func (s *Service) SimulateCustomPolicy(_ context.Context, _ *access.Call, in *iam.SimulateCustomPolicyInput) (*iam.SimulateCustomPolicyOutput, error) {
	q := question{
		Actions: in.ActionNames, Resources: in.ResourceArns, Policies: in.PolicyInputList, Boundaries: in.PermissionsBoundaryPolicyInputList,
		ResourcePolicy: in.ResourcePolicy, ResourceOwner: in.ResourceOwner, Caller: in.CallerArn, Handling: in.ResourceHandlingOption,
		Context: in.ContextEntries, Organization: in.OrderedOrganizationPolicyInputList, marker: in.Marker, maxItems: in.MaxItems,
	}
	sim := &simulation{principal: policy.Principal{Caller: policy.User, Account: s.account}}
	results, truncated, next, err := s.simulate("SimulateCustomPolicy", &q, sim)
	return &iam.SimulateCustomPolicyOutput{EvaluationResults: results, IsTruncated: truncated, Marker: next}, err
}

// SimulatePrincipalPolicy says what a user, group or role may do: by all the
// policies that they have, those of a user's groups, and those given beside them.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
func (s *Service) SimulatePrincipalPolicy(ctx context.Context, _ *access.Call, in *iam.SimulatePrincipalPolicyInput) (*iam.SimulatePrincipalPolicyOutput, error) {
	q := question{
		Actions: in.ActionNames, Resources: in.ResourceArns, Policies: in.PolicyInputList, Boundaries: in.PermissionsBoundaryPolicyInputList,
		ResourcePolicy: in.ResourcePolicy, ResourceOwner: in.ResourceOwner, Caller: in.CallerArn, Handling: in.ResourceHandlingOption,
		Context: in.ContextEntries, Source: in.PolicySourceArn, Excluded: in.PolicyExclusionList, marker: in.Marker, maxItems: in.MaxItems,
	}
	excluded, err := exclusionsOf(in.PolicyExclusionList)
	if err != nil {
		return nil, err
	}
	e, err := s.entityByARN(ctx, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	sim := &simulation{principal: policy.Principal{Caller: policy.User, Account: s.account, ARN: e.arn(s.account), ID: e.ID}}
	if e.Kind == role {
		sim.principal.Caller = policy.Role
	}
	sources, err := s.sourcesOf(ctx, e)
	if err != nil {
		return nil, err
	}
	for _, from := range sources {
		if !excluded.has(&from) {
			sim.add(policy.LayerIdentity, from)
		}
	}
	if e.Boundary != "" && len(in.PermissionsBoundaryPolicyInputList) == 0 {
		from, err := s.managedSource(ctx, e.Boundary)
		if err != nil {
			return nil, err
		}
		if from.boundary = true; !excluded.has(&from) {
			sim.add(policy.LayerBoundary, from)
		}
	}
	results, truncated, next, err := s.simulate("SimulatePrincipalPolicy", &q, sim)
	return &iam.SimulatePrincipalPolicyOutput{EvaluationResults: results, IsTruncated: truncated, Marker: next}, err
}

// simulate puts q's own policies to those of sim and answers one page.
func (s *Service) simulate(operation string, q *question, sim *simulation) ([]types.EvaluationResult, bool, *string, error) {
	if err := q.check(); err != nil {
		return nil, false, nil, err
	}
	if err := s.prepare(sim, q); err != nil {
		return nil, false, nil, err
	}
	text, err := json.Marshal(q)
	if err != nil {
		return nil, false, nil, err
	}
	asked := sha256.Sum256(text) // the marker is a position among the answers to this question
	l, err := s.listing(operation, hex.EncodeToString(asked[:]), q.marker, q.maxItems)
	if err != nil {
		return nil, false, nil, err
	}
	from := 0
	if l.after != "" {
		if from, err = strconv.Atoi(l.after); err != nil {
			return nil, false, nil, err
		}
	}
	named := len(q.Resources) > 0
	if !named {
		q.Resources = []string{"*"}
	}
	all := len(q.Actions) * len(q.Resources)
	to := min(from+l.limit, all)
	results := make([]types.EvaluationResult, 0, max(to-from, 0))
	for i := from; i < to; i++ {
		r, err := sim.result(q.Actions[i/len(q.Resources)], q.Resources[i%len(q.Resources)], named)
		if err != nil {
			return nil, false, nil, err
		}
		results = append(results, r)
	}
	if to == all {
		return results, false, nil, nil
	}
	token := s.pages.Token(l.operation, l.scope, strconv.Itoa(to))
	return results, true, &token, nil
}

// prepare takes in the policies, the caller and the context that q brings.
func (s *Service) prepare(sim *simulation, q *question) (err error) {
	for i := range q.Policies {
		if err := sim.addInput(policy.LayerIdentity, policy.Identity, "PolicyInputList."+strconv.Itoa(i+1), q.Policies[i]); err != nil {
			return err
		}
	}
	for i := range q.Boundaries {
		if err := sim.addInput(policy.LayerBoundary, policy.Identity, "PermissionsBoundaryPolicyInputList."+strconv.Itoa(i+1), q.Boundaries[i]); err != nil {
			return err
		}
	}
	for level, o := range q.Organization {
		sim.set.ServiceControl = append(sim.set.ServiceControl, nil)
		for i := range o.ServiceControlPolicyInputList {
			id := "OrderedOrganizationPolicyInputList." + strconv.Itoa(level+1) + "." + strconv.Itoa(i+1)
			if err := sim.addInput(policy.LayerServiceControl, policy.ServiceControl, id, o.ServiceControlPolicyInputList[i]); err != nil {
				return err
			}
		}
	}
	if q.Caller != nil {
		if sim.principal, err = s.simulatedCaller(*q.Caller); err != nil {
			return err
		}
	}
	if q.ResourcePolicy != nil {
		if kind, _, _, ok := splitEntityARN(s.account, sim.principal.ARN); sim.principal.ARN == "" || ok && kind == group {
			return invalidInput("A resource policy needs a CallerArn, which it can name.")
		}
		if err := sim.addInput(policy.LayerResource, policy.Resource, "ResourcePolicy", *q.ResourcePolicy); err != nil {
			return err
		}
	}
	if sim.owner, err = ownerOf(q.ResourceOwner, sim.principal.Account); err != nil {
		return err
	}
	sim.context, sim.given, err = contextOf(q.Context)
	return err
}

// simulatedCaller is a user, group or role, also of another account, who would call.
func (s *Service) simulatedCaller(arn string) (policy.Principal, error) {
	if kind, _, name, ok := splitEntityARN(s.account, arn); ok && name != "" {
		p := policy.Principal{Caller: policy.User, Account: s.account, ARN: arn}
		if kind == role {
			p.Caller = policy.Role
		}
		if e := s.current.Load().named(kind, name); e != nil && e.arn(s.account) == arn {
			p.ID = e.ID
		}
		return p, nil
	}
	p, err := policy.ParsePrincipal(arn)
	if err != nil || p.Caller != policy.User && p.Caller != policy.Role {
		return p, invalidInput("Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	}
	return p, nil
}
