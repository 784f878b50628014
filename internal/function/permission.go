package function

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// AddPermission lets a principal in: a service, an account, a user, a role or everybody.
func (s *Service) AddPermission(ctx context.Context, call *access.Call, in *lambda.AddPermissionInput) (*lambda.AddPermissionOutput, error) {
	t, err := here(call, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	added, err := statementFrom(in)
	if err != nil {
		return nil, err
	}
	err = s.changePolicy(ctx, t, in.RevisionId, func(p *resourcePolicy) error {
		if slices.ContainsFunc(p.Statements, func(s statement) bool { return s.ID == added.ID }) {
			return conflict("The statement id (" + added.ID + ") provided already exists. Please provide a new statement id, or remove the existing statement.")
		}
		p.Statements = append(p.Statements, added)
		if size := len(p.document(t.arn())); size > maxPolicy {
			return &types.PolicyLengthExceededException{Type: user, Message: aws.String("The final policy size is bigger than the limit (20480).")}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	text := plainJSON(added.document(t.arn()))
	return &lambda.AddPermissionOutput{Statement: &text}, nil
}

func statementFrom(in *lambda.AddPermissionInput) (statement, error) {
	s := statement{
		ID: text(in.StatementId), Principal: text(in.Principal), Action: text(in.Action),
		SourceARN: text(in.SourceArn), SourceAccount: text(in.SourceAccount), Token: text(in.EventSourceToken),
	}
	switch {
	case !statementIDForm.MatchString(s.ID):
		return s, constraint(s.ID, "statementId", "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)")
	case !actionForm.MatchString(s.Action):
		return s, constraint(s.Action, "action", "Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])")
	case s.Principal != "*" && !accountForm.MatchString(s.Principal) && !principalARNForm.MatchString(s.Principal) && !servicePrincipalForm.MatchString(s.Principal):
		return s, invalid("The provided principal was invalid. Please check the principal and try again.")
	case s.SourceARN != "" && !sourceARNForm.MatchString(s.SourceARN):
		return s, constraint(s.SourceARN, "sourceArn", `Member must satisfy regular expression pattern: arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*)`)
	case s.SourceAccount != "" && !accountForm.MatchString(s.SourceAccount):
		return s, constraint(s.SourceAccount, "sourceAccount", `Member must satisfy regular expression pattern: \d{12}`)
	case len(s.Token) > 256:
		return s, constraint("eventSourceToken", "eventSourceToken", "Member must have length less than or equal to 256")
	case text(in.PrincipalOrgID) != "":
		return s, unsupported("PrincipalOrgID", "one deployment is one account, in no organization")
	case in.FunctionUrlAuthType != "" || in.InvokedViaFunctionUrl != nil:
		return s, unsupported("Permission for function URLs", "put an API in front of the function")
	}
	alone := resourcePolicy{Statements: []statement{s}}
	if _, err := alone.compile("arn:aws:lambda:us-east-1:000000000000:function:any"); err != nil {
		return s, invalid("The permission is no statement that could be evaluated: %s", err)
	}
	return s, nil
}

// RemovePermission takes a statement out of the policy.
func (s *Service) RemovePermission(ctx context.Context, call *access.Call, in *lambda.RemovePermissionInput) (*lambda.RemovePermissionOutput, error) {
	t, err := here(call, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	id := text(in.StatementId)
	return nil, s.changePolicy(ctx, t, in.RevisionId, func(p *resourcePolicy) error {
		i := slices.IndexFunc(p.Statements, func(s statement) bool { return s.ID == id })
		if i < 0 {
			return missing("Statement " + id + " is not found in resource policy.")
		}
		p.Statements = slices.Delete(p.Statements, i, i+1)
		return nil
	})
}

// GetPolicy shows the policy of a function, version or alias.
func (s *Service) GetPolicy(ctx context.Context, call *access.Call, in *lambda.GetPolicyInput) (*lambda.GetPolicyOutput, error) {
	t, err := here(call, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	row, err := functionTable.Get(ctx, s.db, t.region, t.name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if err != nil || row.Policies[t.qualifier] == nil {
		return nil, missing("The resource you requested does not exist.")
	}
	p := row.Policies[t.qualifier]
	text := p.document(t.arn())
	return &lambda.GetPolicyOutput{Policy: &text, RevisionId: &p.RevisionID}, nil
}

// changePolicy changes the policy of what t names, which must exist. A policy
// without statements is none.
func (s *Service) changePolicy(ctx context.Context, t target, revision *string, change func(*resourcePolicy) error) error {
	if t.qualifier == latest {
		return invalid("We currently do not support adding policies for $LATEST.")
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		if err := s.qualified(ctx, tx, t); err != nil {
			return err
		}
		_, err := s.change(ctx, tx, t, func(row *functionRow) (err error) {
			p := row.Policies[t.qualifier]
			if p == nil {
				p = &resourcePolicy{}
			}
			if revision != nil && *revision != p.RevisionID {
				return &types.PreconditionFailedException{Type: user, Message: aws.String("The RevisionId provided does not match the latest RevisionId. " +
					"Call the GetPolicy API to retrieve the latest RevisionId for your resource.")}
			}
			if err := change(p); err != nil {
				return err
			}
			if len(p.Statements) == 0 {
				delete(row.Policies, t.qualifier)
				return nil
			}
			if row.Policies == nil {
				row.Policies = map[string]*resourcePolicy{}
			}
			row.Policies[t.qualifier] = p
			p.RevisionID, err = s.newID()
			return err
		})
		return err
	})
}

// qualified requires that the version or alias exists.
func (s *Service) qualified(ctx context.Context, tx *store.Tx, t target) error {
	if t.qualifier == "" {
		return nil
	}
	if _, err := s.row(ctx, tx, t); err != nil {
		return err
	}
	if isNumber(t.qualifier) {
		_, err := s.versionRow(ctx, tx, t)
		return err
	}
	_, err := aliasTable.Get(ctx, tx, t.region, t.name, t.qualifier)
	if errors.Is(err, store.ErrNotFound) {
		err = missing("Cannot find alias arn: " + t.arn())
	}
	return err
}
