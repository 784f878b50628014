package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/policy"
)

func TestAssumingARoleForAServiceOrAProvider(t *testing.T) {
	w := newWorld(t)
	w.user("ann", "")
	lambda := w.role("lambda", trust(`{"Service":"lambda.amazonaws.com"}`), allow("iam:ListUsers", "*"))
	pool := w.role("pool", doc(`{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{
		"StringEquals":{"cognito-identity.amazonaws.com:aud":"eu-west-1:p"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}`), allow("iam:ListUsers", "*"))
	anybody := w.role("anybody", trust(`{"AWS":"*"}`), "")
	service := policy.Principal{Caller: policy.Service, ARN: "lambda.amazonaws.com"}
	cognito := policy.Principal{Caller: policy.Federated, ARN: "cognito-identity.amazonaws.com"}
	claims := func(aud, amr string) map[string][]string {
		return map[string][]string{"cognito-identity.amazonaws.com:aud": {aud}, "cognito-identity.amazonaws.com:amr": {amr}}
	}
	call := w.call(w.account.Root()) // root's call does not lend root's rights
	call.Time = w.clock.Now()
	const plain, web = "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"
	for name, c := range map[string]struct {
		a   account.Assumption
		may bool
	}{
		"lambda":                    {account.Assumption{Action: plain, Principal: service, RoleARN: lambda}, true},
		"another service":           {account.Assumption{Action: plain, Principal: policy.Principal{Caller: policy.Service, ARN: "ec2.amazonaws.com"}, RoleARN: lambda}, false},
		"a role for others":         {account.Assumption{Action: plain, Principal: service, RoleARN: pool}, false},
		"a role for AWS principals": {account.Assumption{Action: plain, Principal: service, RoleARN: anybody}, false},
		"a role that is not there":  {account.Assumption{Action: plain, Principal: service, RoleARN: lambda + "x"}, false},
		"tags that are not allowed": {account.Assumption{Action: plain, Principal: service, RoleARN: lambda, Tags: map[string]string{"a": "b"}}, false},
		"a user through this door":  {account.Assumption{Action: plain, Principal: policy.Principal{Caller: policy.User, Account: number, ARN: arnOfAnn}, RoleARN: anybody}, false},
		"the pool":                  {account.Assumption{Action: web, Principal: cognito, Conditions: claims("eu-west-1:p", "authenticated"), RoleARN: pool}, true},
		"another pool":              {account.Assumption{Action: web, Principal: cognito, Conditions: claims("eu-west-1:q", "authenticated"), RoleARN: pool}, false},
		"a guest":                   {account.Assumption{Action: web, Principal: cognito, Conditions: claims("eu-west-1:p", "unauthenticated"), RoleARN: pool}, false},
		"no claims":                 {account.Assumption{Action: web, Principal: cognito, RoleARN: pool}, false},
		"by the action of services": {account.Assumption{Action: plain, Principal: cognito, Conditions: claims("eu-west-1:p", "authenticated"), RoleARN: pool}, false},
	} {
		c.a.Session, c.a.Life = "shift", 12*time.Hour
		made, err := w.account.AssumeFor(call, c.a)
		if !c.may {
			if !errors.Is(err, account.ErrNotTrusted) || made.AccessKeyID != "" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		keys := aws.Credentials{AccessKeyID: made.AccessKeyID, SecretAccessKey: made.SecretAccessKey.Reveal(), SessionToken: made.SessionToken}
		w.refused(name, w.listUsers(keys), "")
		who := done[*sts.GetCallerIdentityOutput](w)(w.sts(keys).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
		if *who.UserId != made.RoleID+":shift" || made.Expires.After(call.Time.Add(time.Hour)) {
			t.Errorf("%s: %s until %s", name, *who.UserId, made.Expires)
		}
	}
	if _, err := w.account.AssumeFor(&access.Call{Time: w.clock.Now()}, account.Assumption{Action: plain, Principal: service, RoleARN: lambda, Session: "a/b", Life: time.Hour}); err == nil {
		t.Error("a session's name with a slash")
	}
}

func TestAServiceAsksAsItself(t *testing.T) {
	w := newWorld(t)
	const function, other = "arn:aws:lambda:eu-west-1:" + number + ":function:pizza", "arn:aws:lambda:eu-west-1:" + number + ":function:pasta"
	arn := w.role("r", doc(`{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{
		"Bool":{"aws:PrincipalIsAWSService":"true"},"StringEquals":{"aws:PrincipalServiceName":"lambda.amazonaws.com","aws:SourceAccount":"`+number+`"},"ArnLike":{"aws:SourceArn":"`+function+`"},
		"Null":{"aws:PrincipalArn":"true","aws:PrincipalAccount":"true","aws:userid":"true","aws:username":"true","aws:TokenIssueTime":"true","aws:RequestTag/team":"true"}}}`),
		doc(`[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"lambda:SourceFunctionArn":"`+function+`"}}},
			{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*","Condition":{"Null":{"aws:SourceArn":"false"}}},
			{"Effect":"Allow","Action":"iam:ListGroups","Resource":"*","Condition":{"Bool":{"aws:PrincipalIsAWSService":"true"}}}]`))
	call := w.call(w.account.Root())
	call.Time = w.clock.Now()
	call.Conditions = map[string][]string{"aws:requesttag/team": {"pizza"}, "aws:sourcearn": {function}} // of a call that has to do with neither
	ask := func(principal policy.Principal, source string) (account.TemporaryCredentials, error) {
		a := account.Assumption{Action: "sts:AssumeRole", Principal: principal, RoleARN: arn, Session: "pizza", Life: time.Hour, Claims: map[string][]string{"lambda:sourcefunctionarn": {function}}}
		if source != "" {
			a.Conditions = map[string][]string{"aws:sourcearn": {source}, "aws:sourceaccount": {number}}
		}
		return w.account.AssumeFor(call, a)
	}
	lambda := policy.Principal{Caller: policy.Service, ARN: "lambda.amazonaws.com"}
	for name, source := range map[string]string{"another function": other, "no function": ""} {
		if _, err := ask(lambda, source); !errors.Is(err, account.ErrNotTrusted) {
			t.Errorf("for %s: %v", name, err)
		}
	}
	if _, err := ask(policy.Principal{Caller: policy.Federated, ARN: "lambda.amazonaws.com"}, function); !errors.Is(err, account.ErrNotTrusted) {
		t.Errorf("a provider by a service's name: %v", err)
	}
	made, err := ask(lambda, function)
	if err != nil {
		t.Fatal(err)
	}
	c := w.iam(aws.Credentials{AccessKeyID: made.AccessKeyID, SecretAccessKey: made.SecretAccessKey.Reveal(), SessionToken: made.SessionToken})
	_, err = c.ListUsers(t.Context(), &iam.ListUsersInput{})
	w.refused("what the function's session says of itself", err, "")
	_, err = c.ListRoles(t.Context(), &iam.ListRolesInput{})
	w.refused("the source of the assumption is not that of its calls", err, "AccessDenied")
	_, err = c.ListGroups(t.Context(), &iam.ListGroupsInput{})
	w.refused("nor is the session a service", err, "AccessDenied")
}
