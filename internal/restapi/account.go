package restapi

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway/throttle"
	"github.com/sallyport/sallyport/internal/store"
)

func (a *Account) shape(limit throttle.Limit) *apigateway.GetAccountOutput {
	return &apigateway.GetAccountOutput{
		ApiKeyVersion: aws.String("4"), Features: []string{"UsagePlans"}, CloudwatchRoleArn: optional(a.CloudWatchARN),
		ThrottleSettings: &types.ThrottleSettings{RateLimit: limit.Rate, BurstLimit: int32(limit.Burst)},
	}
}

// readAccount is what the account has set in the call's region, which may be nothing.
func readAccount(ctx context.Context, s store.Session, call *access.Call) (*Account, error) {
	a, err := accounts.Get(ctx, s, call.Region)
	if errors.Is(err, store.ErrNotFound) {
		return &Account{Region: call.Region}, nil
	}
	return a, err
}

func (svc *Service) getAccount(ctx context.Context, call *access.Call, _ *apigateway.GetAccountInput) (*apigateway.GetAccountOutput, error) {
	a, err := readAccount(ctx, svc.db, call)
	if err != nil {
		return nil, err
	}
	return a.shape(svc.gateway.AccountLimit()), nil
}

const untrustedRole = "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add the required role policy."

// updateAccount sets the role under which API Gateway writes logs. Sallyport's
// logs need none: it is kept because clients set it first, and wait to read it
// back. The limits of an account are not its own to set, at AWS neither.
func (svc *Service) updateAccount(ctx context.Context, call *access.Call, in *apigateway.UpdateAccountInput) (*apigateway.UpdateAccountOutput, error) {
	var changed *Account
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		before, err := readAccount(ctx, tx, call)
		if err != nil {
			return err
		}
		held := before.CloudWatchARN
		change := func(a *Account) error {
			set := setText(&a.CloudWatchARN)
			clear := func(string, string) error { a.CloudWatchARN = ""; return nil }
			return patch{
				{path: "/cloudwatchRoleArn", add: set, replace: set, remove: clear},
				{path: "/features", add: func(_, v string) error {
					if v != "UsagePlans" {
						return badRequest("Invalid feature specified: %s", v)
					}
					return nil
				}},
			}.apply(in.PatchOperations)
		}
		changed = before
		if err := change(changed); err != nil {
			return err
		}
		if arn := changed.CloudWatchARN; arn != "" && arn != held {
			if err := svc.mayHandOut(call, arn); err != nil {
				return err
			}
			if !svc.roles.Trusts(call, arn) {
				return badRequest(untrustedRole)
			}
		}
		_, err = accounts.Update(ctx, tx, func(a *Account) error { *a = *changed; return nil }, call.Region)
		if errors.Is(err, store.ErrNotFound) {
			return accounts.Insert(ctx, tx, changed)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.UpdateAccountOutput](*changed.shape(svc.gateway.AccountLimit())), nil
}
