package userpool

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// occasion is one moment at which a pool may have a trigger. request is what the
// event says beside its envelope; response points to the value that the function
// fills in, whose fields are all that it may answer.
type occasion struct {
	pool     *Pool
	client   string // id; "" where an administrator's call names none
	kind     trigger.Kind
	what     string // of the kind: "SignUp" makes PreSignUp_SignUp
	version  string // of the event; "" is "1"
	username string
	request  any
	response any
}

// trigger runs the function that the pool has for an occasion, if it has one. An
// error is AWS's, and refuses whatever the call is about.
//
// A function may take seconds, and may call this server back, about the very same
// user: no trigger runs inside a database transaction.
func (s *Service) trigger(ctx context.Context, call *access.Call, o occasion) (ran bool, err error) {
	function := o.pool.function(o.kind)
	if function == "" {
		return false, nil
	}
	source := o.kind.Of(o.what)
	err = s.triggers.Run(ctx, o.kind, function, arn(o.pool.Region, s.account, o.pool.ID), call.RequestID, &trigger.Event{
		Version: o.version, Source: source, Region: o.pool.Region, PoolID: o.pool.ID, UserName: o.username, ClientID: o.client,
		Request: o.request, Response: o.response,
	})
	step := "trigger " + string(source)
	failure, ok := errors.AsType[*trigger.Failure](err)
	if !ok {
		if err == nil {
			call.Record.Note(step, audit.Passed, function, s.clock.Now())
		}
		return true, err
	}
	return true, s.refusedByTrigger(call, step, failure)
}

// refusedByTrigger notes that a trigger failed, and gives AWS's exception for it.
func (s *Service) refusedByTrigger(call *access.Call, step string, f *trigger.Failure) error {
	outcome := audit.Failed
	if f.Way == trigger.Thrown {
		outcome = audit.Refused
	}
	call.Record.Note(step, outcome, f.Reason, s.clock.Now())
	switch f.Way {
	case trigger.Thrown:
		return &types.UserLambdaValidationException{Message: &f.Text}
	case trigger.Unreadable:
		return &types.InvalidLambdaResponseException{Message: &f.Text}
	default:
		return &types.UnexpectedLambdaException{Message: &f.Text}
	}
}

// senseless is the refusal of an answer whose shape is right and which cannot be
// followed.
func (s *Service) senseless(call *access.Call, kind trigger.Kind, what, why string) error {
	failure, _ := errors.AsType[*trigger.Failure](trigger.Unanswered(kind, why))
	return s.refusedByTrigger(call, "trigger "+string(kind.Of(what)), failure)
}

// toldOf are the attributes of a user as events show them: all of them as text,
// with their sub, where the account stands, and which addresses work as a name.
func (p *Pool) toldOf(u *User) map[string]string {
	told := maps.Clone(u.Attributes)
	if told == nil {
		told = map[string]string{}
	}
	for _, name := range []string{attributeEmailVerified, attributePhoneVerified} {
		if value, ok := told[name]; ok {
			told[name] = strings.ToLower(value)
		}
	}
	told[attributeSub] = u.Sub
	told["cognito:user_status"] = string(u.Status)
	for _, a := range addresses {
		if slices.Contains(p.UsernameFrom, a) && u.Attributes[a] != "" || slices.Contains(p.Aliases, a) && u.verified(a) {
			told["cognito:"+a+"_alias"] = u.Attributes[a]
		}
	}
	return told
}

// nothing is the response of a trigger that is only told.
type nothing struct{}
