package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/function"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/policy"
)

const gatewayService = "apigateway.amazonaws.com"

// functionInvoker lets the gateway run functions: as the service principal that
// it is, as a role that trusts it, or as whoever has signed the request.
type functionInvoker struct {
	functions *function.Service
	account   string
	roles     *gatewayRoles
}

func (f functionInvoker) Invoke(ctx context.Context, i gateway.Invocation) ([]byte, bool, error) {
	source := function.Source{Service: gatewayService, ARN: i.SourceARN, Account: f.account}
	switch {
	case i.Caller != nil:
		source.Decide = f.roles.decideAs(*i.Caller, i.RequestID)
	case i.RoleARN != "":
		caller, err := f.roles.assume(ctx, i.RoleARN, i.SourceARN)
		if err != nil {
			return nil, false, fmt.Errorf("%w: %w", gateway.ErrNotPermitted, err)
		}
		source.Decide = f.roles.decideAs(caller, i.RequestID)
	}
	result, err := f.functions.InvokeAs(ctx, source, i.FunctionARN, i.Payload, i.RequestID, i.TraceID)
	switch {
	case errors.Is(err, function.ErrNotPermitted): // with the reason, for the operator
		err = fmt.Errorf("%w: %w", gateway.ErrNotPermitted, err)
	case errors.Is(err, function.ErrNoFunction):
		err = gateway.ErrNoFunction
	case errors.Is(err, function.ErrThrottled):
		err = gateway.ErrThrottled
	}
	return result.Payload, result.FunctionError != "", err
}

// gatewayRoles assumes roles for the gateway, and asks what they may do.
type gatewayRoles struct {
	account *account.Service
	number  string // of the account
	clock   *clock.Clock

	mu       sync.Mutex
	sessions map[gatewaySession]account.TemporaryCredentials
}

// gatewaySession: a role is assumed for one API, since its trust policy may
// speak of that.
type gatewaySession struct{ role, api string }

const (
	gatewaySessionName = "BackplaneAssumeRoleSession"
	gatewaySessionLife = time.Hour
	// keptGatewaySessions bounds what is kept; past it all are assumed again.
	keptGatewaySessions = 1024
)

// assume is the role's session. That the role has gone, or is another one of its
// name, is known at once; a trust policy counts when a session is made.
func (r *gatewayRoles) assume(ctx context.Context, roleARN, sourceARN string) (access.Caller, error) {
	api, _, _ := strings.Cut(sourceARN, "/")
	key := gatewaySession{roleARN, api}
	now := r.clock.Now()
	r.mu.Lock()
	kept, ok := r.sessions[key]
	r.mu.Unlock()
	if ok && now.Before(kept.Expires.Add(-time.Minute)) {
		if _, caller, err := r.account.Key(ctx, kept.AccessKeyID, kept.SessionToken); err == nil {
			return caller, nil
		}
	}
	made, err := r.account.AssumeFor(&access.Call{Account: r.number, Time: now}, account.Assumption{
		Action: "sts:AssumeRole", Principal: policy.Principal{Caller: policy.Service, ARN: gatewayService},
		Conditions: map[string][]string{"aws:sourceaccount": {r.number}, "aws:sourcearn": {api}},
		RoleARN:    roleARN, Session: gatewaySessionName, Life: gatewaySessionLife,
	})
	if err != nil {
		return access.Caller{}, err
	}
	_, caller, err := r.account.Key(ctx, made.AccessKeyID, made.SessionToken)
	if err != nil {
		return access.Caller{}, err
	}
	r.mu.Lock()
	if r.sessions == nil || len(r.sessions) >= keptGatewaySessions {
		r.sessions = map[gatewaySession]account.TemporaryCredentials{}
	}
	r.sessions[key] = made
	r.mu.Unlock()
	return caller, nil
}

// decideAs asks the policies of caller and of the function.
func (r *gatewayRoles) decideAs(caller access.Caller, requestID string) func(action, resource string, own policy.Attached) access.Verdict {
	return func(action, resource string, own policy.Attached) access.Verdict {
		call := &access.Call{Caller: caller, Account: r.number, RequestID: requestID, Secure: true, Time: r.clock.Now(), Own: own}
		if parts := strings.Split(resource, ":"); len(parts) > 3 {
			call.Region = parts[3]
		}
		return r.account.Authorize(context.Background(), call, action, resource)
	}
}

// handedRoles says who may hand roles out to API Gateway.
type handedRoles struct{ account *account.Service }

func (r handedRoles) MayPass(call *access.Call, roleARN string) access.Verdict {
	return r.account.MayPass(call, roleARN, gatewayService)
}

func (r handedRoles) Trusts(call *access.Call, roleARN string) bool {
	return r.account.Trusts(call, roleARN, gatewayService)
}
