package function_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sallyport/sallyport/internal/access"
	accounts "github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/function"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// house is a server with functions and with a real account that guards them.
type house struct {
	t       *testing.T
	account *accounts.Service
	service *function.Service
	root    aws.Config
}

func newHouse(t *testing.T) *house {
	t.Helper()
	now := new(clock.Clock)
	db := must(store.Open(t.Context(), store.Options{Memory: true, Clock: now}))(t)
	keys := must(keyring.Open(t.Context(), keyring.NewMaster(), keyring.NewShelf(db)))(t)
	h := &house{t: t, account: accounts.New(account, db, keys, accounts.Credentials{AccessKeyID: keyID, SecretAccessKey: keyring.NewSecret(secret)})}
	ctx, cancel := context.WithCancel(context.Background())
	if err := h.account.Start(ctx); err != nil {
		t.Fatal(err)
	}
	h.service = must(function.New(function.Config{
		DB: db, Keys: keys, Account: account, Dir: t.TempDir() + "/code", Runner: new(oven), Roles: new(crew), Random: rand.Reader, Clock: now, Logger: slog.New(slog.DiscardHandler),
	}))(t)
	if err := h.service.Start(ctx); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(awsapi.New(awsapi.Config{
		Account: account, Region: region, Keys: h.account, Authorizer: h.account, Clock: now,
		Logger: slog.New(slog.DiscardHandler), Records: noRecords{}, MaxBody: 80 << 20,
	}, h.account.IAM(), h.account.STS(), h.service.API()))
	t.Cleanup(func() {
		server.Close()
		cancel()
		if err := h.service.Close(); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	h.root = aws.Config{BaseEndpoint: &server.URL, Region: region, HTTPClient: awsapitest.Client(), Retryer: func() aws.Retryer { return aws.NopRetryer{} }}
	h.root = h.as(keyID, secret, "")
	return h
}

func (h *house) as(id, secret, token string) aws.Config {
	c := h.root.Copy()
	c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, nil
	})
	return c
}

// user makes a user, with a policy of their own unless it is "".
func (h *house) user(name, own string) aws.Config {
	h.t.Helper()
	people := iam.NewFromConfig(h.root)
	must(people.CreateUser(h.t.Context(), &iam.CreateUserInput{UserName: &name}))(h.t)
	if own != "" {
		must(people.PutUserPolicy(h.t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("own"), PolicyDocument: &own}))(h.t)
	}
	k := must(people.CreateAccessKey(h.t.Context(), &iam.CreateAccessKeyInput{UserName: &name}))(h.t).AccessKey
	return h.as(*k.AccessKeyId, *k.SecretAccessKey, "")
}

// session is a role that anybody of the account may assume, assumed.
func (h *house) session(name, own, passed string) aws.Config {
	h.t.Helper()
	made := must(iam.NewFromConfig(h.root).CreateRole(h.t.Context(), &iam.CreateRoleInput{RoleName: &name,
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}}`)}))(h.t)
	if own != "" {
		must(iam.NewFromConfig(h.root).PutRolePolicy(h.t.Context(), &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("own"), PolicyDocument: &own}))(h.t)
	}
	in := &sts.AssumeRoleInput{RoleArn: made.Role.Arn, RoleSessionName: aws.String("shift")}
	if passed != "" {
		in.Policy = &passed
	}
	assumer := h.user("assumer-of-"+name, says("Allow", "sts:AssumeRole", "*"))
	c := must(sts.NewFromConfig(assumer).AssumeRole(h.t.Context(), in))(h.t).Credentials
	return h.as(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

func says(effect, action, resource string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Action":"` + action + `","Resource":"` + resource + `"}}`
}

func saysIf(action, resource, condition string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `","Condition":` + condition + `}}`
}

func (h *house) pizza() {
	h.t.Helper()
	root := lambda.NewFromConfig(h.root)
	in := pizza(h.t)
	in.Publish, in.Tags = true, map[string]string{"Team": "oven"}
	must(root.CreateFunction(h.t.Context(), in))(h.t)
	must(root.CreateAlias(h.t.Context(), &lambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("1")}))(h.t)
}

// permit adds a permission and returns how to take it back.
func (h *house) permit(change func(*lambda.AddPermissionInput)) {
	h.t.Helper()
	in := &lambda.AddPermissionInput{FunctionName: name, StatementId: aws.String("it"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String(account)}
	change(in)
	must(lambda.NewFromConfig(h.root).AddPermission(h.t.Context(), in))(h.t)
	h.t.Cleanup(func() {
		in := &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("it"), Qualifier: in.Qualifier}
		if _, err := lambda.NewFromConfig(h.root).RemovePermission(context.Background(), in); err != nil {
			h.t.Error(err)
		}
	})
}

// Who may invoke: what AWS makes of the caller's policies and the function's own.
func TestWhoMayInvokeAFunction(t *testing.T) {
	h := newHouse(t)
	h.pizza()
	const invoke = "lambda:InvokeFunction"
	nobody := h.user("nobody", "")
	allowed := h.user("allowed", says("Allow", invoke, pizzaARN))
	every := h.user("every", says("Allow", invoke, pizzaARN+"*"))
	denied := h.user("denied", says("Deny", invoke, "*"))
	reader := h.user("reader", says("Allow", "lambda:GetFunction", "*"))
	bare := h.session("bare", "", "")
	narrow := h.session("narrow", "", says("Allow", "s3:GetObject", "*"))
	barred := h.session("barred", says("Deny", "lambda:*", "*"), "")
	to := func(principal string) func(*lambda.AddPermissionInput) {
		return func(in *lambda.AddPermissionInput) { in.Principal = &principal }
	}
	arn := func(what string) string { return "arn:aws:iam::" + account + ":" + what }
	for _, c := range []struct {
		what      string
		caller    aws.Config
		qualifier string
		permit    func(*lambda.AddPermissionInput)
		may       bool
	}{
		{"nobody said anything", nobody, "", nil, false},
		{"their own policy", allowed, "", nil, true},
		{"their own policy, of an alias", allowed, "live", nil, false},
		{"their own policy, of a version", allowed, "1", nil, false},
		{"their own policy, of $LATEST by name", allowed, "$LATEST", nil, false},
		{"a policy for every qualifier", every, "live", nil, true},
		{"a policy for every qualifier, unqualified", every, "", nil, true},
		{"the function names the user", nobody, "", to(arn("user/nobody")), true},
		{"the function names another user", nobody, "", to(arn("user/allowed")), false},
		{"the function names the account, which leaves it to its own policies", nobody, "", to(account), false},
		{"the function names the account, and theirs allow", allowed, "", to(account), true},
		{"the function names everybody", nobody, "", to("*"), true},
		{"the function names another account", nobody, "", to("111111111111"), false},
		{"the function names a service", nobody, "", to("apigateway.amazonaws.com"), false},
		{"the function names them for another action", nobody, "", func(in *lambda.AddPermissionInput) {
			in.Principal, in.Action = aws.String(arn("user/nobody")), aws.String("lambda:GetFunction")
		}, false},
		{"the function names them for all actions", nobody, "", func(in *lambda.AddPermissionInput) {
			in.Principal, in.Action = aws.String(arn("user/nobody")), aws.String("lambda:*")
		}, true},
		{"the function names them with a source that they cannot have", nobody, "", func(in *lambda.AddPermissionInput) {
			in.Principal, in.SourceArn = aws.String(arn("user/nobody")), aws.String("arn:aws:execute-api:eu-west-1:000000000000:abc/*")
		}, false},
		{"the function names them with an account that they cannot vouch for", nobody, "", func(in *lambda.AddPermissionInput) {
			in.Principal, in.SourceAccount = aws.String(arn("user/nobody")), aws.String(account)
		}, false},
		{"the function names them, the alias is invoked", nobody, "live", to(arn("user/nobody")), false},
		{"the alias names them", nobody, "live", func(in *lambda.AddPermissionInput) {
			in.Principal, in.Qualifier = aws.String(arn("user/nobody")), aws.String("live")
		}, true},
		{"the alias names them, the function is invoked", nobody, "", func(in *lambda.AddPermissionInput) {
			in.Principal, in.Qualifier = aws.String(arn("user/nobody")), aws.String("live")
		}, false},
		{"the function names whom their own policy denies it", denied, "", to(arn("user/denied")), false},
		{"everybody may, but their own policy denies it", denied, "", to("*"), false},
		{"a role without policies", bare, "", nil, false},
		{"the function names the role", bare, "", to(arn("role/bare")), true},
		{"the function names the session", bare, "", to("arn:aws:sts::" + account + ":assumed-role/bare/shift"), true},
		{"the function names another session", bare, "", to("arn:aws:sts::" + account + ":assumed-role/bare/other"), false},
		{"the function names the role, whose session is narrower", narrow, "", to(arn("role/narrow")), false},
		{"the function names the role, whose policy denies it", barred, "", to(arn("role/barred")), false},
	} {
		t.Run(c.what, func(t *testing.T) {
			within := *h
			within.t = t
			if c.permit != nil {
				within.permit(c.permit)
			}
			in := &lambda.InvokeInput{FunctionName: name}
			if c.qualifier != "" {
				in.Qualifier = &c.qualifier
			}
			_, err := lambda.NewFromConfig(c.caller).Invoke(t.Context(), in)
			if c.may {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, "AccessDeniedException", "User: ")
		})
	}
	h.permit(func(in *lambda.AddPermissionInput) {
		in.Principal, in.Action = aws.String(arn("user/nobody")), aws.String("lambda:GetFunctionConfiguration")
	})
	if _, err := lambda.NewFromConfig(nobody).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: name}); err != nil {
		t.Errorf("another action that the function grants: %v", err)
	}
	if _, err := lambda.NewFromConfig(reader).DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: name}); err == nil {
		t.Error("a reader deleted the function")
	}
}

// A caller of another account needs the permission of both sides. Its root has
// it by nature; of its users nothing is known here.
func TestAnotherAccountsCallers(t *testing.T) {
	h := newHouse(t)
	h.pizza()
	h.permit(func(in *lambda.AddPermissionInput) { in.Principal = aws.String("111111111111") })
	stranger := access.Caller{Kind: access.User, Account: "111111111111", ARN: "arn:aws:iam::111111111111:user/cook", ID: "AIDASTRANGER"}
	api := awsapi.New(awsapi.Config{Account: account, Region: region, Keys: h.account, Authorizer: h.account, Clock: new(clock.Clock),
		Logger: slog.New(slog.DiscardHandler), Records: noRecords{}, MaxBody: 1 << 20}, h.service.API())
	root := access.Caller{Kind: access.Root, Account: "111111111111", ARN: "arn:aws:iam::111111111111:root", ID: "111111111111"}
	for _, caller := range []access.Caller{stranger, root} {
		for operation, in := range map[string]any{"GetPolicy": &lambda.GetPolicyInput{FunctionName: name}, "Invoke": &lambda.InvokeInput{FunctionName: name}} {
			_, err := api.Call(t.Context(), &access.Call{Caller: caller, Region: region}, "lambda", operation, in)
			if operation == "Invoke" && caller.Kind == access.Root { // the account that is let in, itself
				if err != nil {
					t.Errorf("%s by %s: %v", operation, caller.ARN, err)
				}
				continue
			}
			refused(t, err, "AccessDeniedException", "User: "+caller.ARN)
		}
	}
}

// Condition keys that Lambda's operations speak for.
func TestConditionKeysOfLambda(t *testing.T) {
	h := newHouse(t)
	h.pizza()
	api, other := "apigateway.amazonaws.com", "events.amazonaws.com"
	create := func(tags map[string]string, layers ...string) func(*lambda.Client) error {
		return func(c *lambda.Client) error {
			in := pizza(t)
			in.FunctionName, in.Tags, in.Layers = aws.String("new"), tags, layers
			_, err := c.CreateFunction(context.Background(), in)
			if err == nil {
				_, err = lambda.NewFromConfig(h.root).DeleteFunction(context.Background(), &lambda.DeleteFunctionInput{FunctionName: in.FunctionName})
			}
			return err
		}
	}
	add := func(principal string) func(*lambda.Client) error {
		return func(c *lambda.Client) error {
			_, err := c.AddPermission(context.Background(), &lambda.AddPermissionInput{FunctionName: name, StatementId: aws.String("it"), Action: aws.String("lambda:InvokeFunction"), Principal: &principal})
			if err == nil {
				_, err = lambda.NewFromConfig(h.root).RemovePermission(context.Background(), &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("it")})
			}
			return err
		}
	}
	remove := func(c *lambda.Client) error {
		_, err := lambda.NewFromConfig(h.root).AddPermission(context.Background(), &lambda.AddPermissionInput{FunctionName: name, StatementId: aws.String("it"), Action: aws.String("lambda:InvokeFunction"), Principal: &api})
		if err != nil {
			return err
		}
		_, refusal := c.RemovePermission(context.Background(), &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("it")})
		if refusal != nil {
			_, err = lambda.NewFromConfig(h.root).RemovePermission(context.Background(), &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("it")})
		}
		if err != nil {
			return err
		}
		return refusal
	}
	tag := func(tags map[string]string) func(*lambda.Client) error {
		return func(c *lambda.Client) error {
			_, err := c.TagResource(context.Background(), &lambda.TagResourceInput{Resource: aws.String(pizzaARN), Tags: tags})
			return err
		}
	}
	untag := func(keys ...string) func(*lambda.Client) error {
		return func(c *lambda.Client) error {
			_, err := c.UntagResource(context.Background(), &lambda.UntagResourceInput{Resource: aws.String(pizzaARN), TagKeys: keys})
			return err
		}
	}
	invoke := func(qualifier string) func(*lambda.Client) error {
		return func(c *lambda.Client) error {
			_, err := c.Invoke(context.Background(), &lambda.InvokeInput{FunctionName: aws.String("pizza" + qualifier)})
			return err
		}
	}
	team := func(value string) string { return `{"StringEquals":{"aws:ResourceTag/team":"` + value + `"}}` }
	for i, c := range []struct {
		what, action, condition string
		do                      func(*lambda.Client) error
		may                     bool
	}{
		{"the function's tag", "lambda:InvokeFunction", team("oven"), invoke(""), true},
		{"the function's tag, of an alias", "lambda:InvokeFunction", team("oven"), invoke(":live"), true},
		{"another value of the tag", "lambda:InvokeFunction", team("soup"), invoke(""), false},
		{"a function that is not there has no tag", "lambda:InvokeFunction", team("oven"), invoke("s"), false},
		{"a new function's tag", "lambda:CreateFunction", `{"StringEquals":{"aws:RequestTag/Team":"oven"}}`, create(map[string]string{"team": "oven"}), true},
		{"a new function's other tag", "lambda:CreateFunction", `{"StringEquals":{"aws:RequestTag/Team":"oven"}}`, create(map[string]string{"team": "soup"}), false},
		{"a new function without tags", "lambda:CreateFunction", `{"StringEquals":{"aws:RequestTag/Team":"oven"}}`, create(nil), false},
		{"a new function's keys", "lambda:CreateFunction", `{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}`, create(map[string]string{"team": "oven", "owner": "me"}), false},
		{"no layers but ours", "lambda:CreateFunction", `{"ForAllValues:StringLike":{"lambda:Layer":["arn:aws:lambda:*:000000000000:layer:*"]}}`, create(nil), true},
		{"a foreign layer", "lambda:CreateFunction", `{"ForAllValues:StringLike":{"lambda:Layer":["arn:aws:lambda:*:000000000000:layer:*"]}}`, create(nil, "arn:aws:lambda:eu-west-1:111111111111:layer:spy:1"), false},
		{"a permission for API Gateway", "lambda:AddPermission", `{"StringEquals":{"lambda:Principal":"` + api + `"}}`, add(api), true},
		{"a permission for another", "lambda:AddPermission", `{"StringEquals":{"lambda:Principal":"` + api + `"}}`, add(other), false},
		{"a permission for everybody", "lambda:AddPermission", `{"StringEquals":{"lambda:Principal":"` + api + `"}}`, add("*"), false},
		{"to take API Gateway's permission", "lambda:RemovePermission", `{"StringEquals":{"lambda:Principal":"` + api + `"}}`, remove, true},
		{"to take others' permissions", "lambda:RemovePermission", `{"StringEquals":{"lambda:Principal":"` + other + `"}}`, remove, false},
		{"to tag with a key", "lambda:TagResource", `{"ForAllValues:StringEquals":{"aws:TagKeys":["size"]}}`, tag(map[string]string{"size": "l"}), true},
		{"to tag with another key", "lambda:TagResource", `{"ForAllValues:StringEquals":{"aws:TagKeys":["size"]}}`, tag(map[string]string{"size": "l", "Team": "soup"}), false},
		{"to tag what has a tag", "lambda:TagResource", team("oven"), tag(map[string]string{"size": "m"}), true},
		{"to untag a key", "lambda:UntagResource", `{"ForAllValues:StringEquals":{"aws:TagKeys":["size"]}}`, untag("size"), true},
		{"to untag another key", "lambda:UntagResource", `{"ForAllValues:StringEquals":{"aws:TagKeys":["size"]}}`, untag("size", "Team"), false},
	} {
		t.Run(c.what, func(t *testing.T) {
			err := c.do(lambda.NewFromConfig(h.user("u"+string(rune('a'+i)), saysIf(c.action, "*", c.condition))))
			if c.may {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, "AccessDeniedException", "User: ")
		})
	}
}
