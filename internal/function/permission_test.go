package function_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/function"
)

const pizzaARN = "arn:aws:lambda:eu-west-1:000000000000:function:pizza"

func TestPermissionsAsAWSPrintsThem(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	_, err := w.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: name})
	refused(t, err, "ResourceNotFoundException", "The resource you requested does not exist.")

	added := must(w.AddPermission(t.Context(), &lambda.AddPermissionInput{
		FunctionName: name, StatementId: aws.String("api"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com"),
		SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:abc/*/GET/pizzas"), SourceAccount: aws.String(account),
	}))(t)
	const statement = `{"Sid":"api","Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"` + pizzaARN +
		`","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:execute-api:eu-west-1:000000000000:abc/*/GET/pizzas"},"StringEquals":{"AWS:SourceAccount":"000000000000"}}}`
	if *added.Statement != statement {
		t.Errorf("got  %s\nwant %s", *added.Statement, statement)
	}
	got := must(w.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: name}))(t)
	if want := `{"Version":"2012-10-17","Id":"default","Statement":[` + statement + `]}`; *got.Policy != want {
		t.Errorf("got  %s\nwant %s", *got.Policy, want)
	}
	add := func(id, principal string, change func(*lambda.AddPermissionInput)) (*lambda.AddPermissionOutput, error) {
		in := &lambda.AddPermissionInput{FunctionName: name, StatementId: &id, Action: aws.String("lambda:InvokeFunction"), Principal: &principal}
		if change != nil {
			change(in)
		}
		return w.AddPermission(t.Context(), in)
	}
	_, err = add("api", "apigateway.amazonaws.com", nil)
	refused(t, err, "ResourceConflictException", "The statement id (api) provided already exists.")
	_, err = add("x", "apigateway.amazonaws.com", func(in *lambda.AddPermissionInput) { in.RevisionId = aws.String("old") })
	refused(t, err, "PreconditionFailedException", "The RevisionId provided does not match")
	for what, change := range map[string]func(*lambda.AddPermissionInput){
		"an id with a space": func(in *lambda.AddPermissionInput) { in.StatementId = aws.String("a b") },
		"no service":         func(in *lambda.AddPermissionInput) { in.Principal = aws.String("apigateway") },
		"a foreign domain": func(in *lambda.AddPermissionInput) {
			in.Principal = aws.String("apigateway.amazonaws.com.evil.example")
		},
		"no source ARN":    func(in *lambda.AddPermissionInput) { in.SourceArn = aws.String("*") },
		"no account":       func(in *lambda.AddPermissionInput) { in.SourceAccount = aws.String("*") },
		"an action of IAM": func(in *lambda.AddPermissionInput) { in.Action = aws.String("iam:PassRole") },
		"$LATEST":          func(in *lambda.AddPermissionInput) { in.Qualifier = aws.String("$LATEST") },
		"no such version":  func(in *lambda.AddPermissionInput) { in.Qualifier = aws.String("7") },
		"no such alias":    func(in *lambda.AddPermissionInput) { in.Qualifier = aws.String("live") },
		"an organization":  func(in *lambda.AddPermissionInput) { in.PrincipalOrgID = aws.String("o-1234567890") },
		"a function URL":   func(in *lambda.AddPermissionInput) { in.FunctionUrlAuthType = types.FunctionUrlAuthTypeNone },
	} {
		if _, err := add("other", "apigateway.amazonaws.com", change); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
	for principal, want := range map[string]string{"*": `"*"`, "000000000000": `{"AWS":"arn:aws:iam::000000000000:root"}`, "arn:aws:iam::000000000000:user/x": `{"AWS":"arn:aws:iam::000000000000:user/x"}`} {
		got := must(add("p", principal, nil))(t)
		if want := `{"Sid":"p","Effect":"Allow","Principal":` + want + `,"Action":"lambda:InvokeFunction","Resource":"` + pizzaARN + `"}`; *got.Statement != want {
			t.Errorf("got  %s\nwant %s", *got.Statement, want)
		}
		must(w.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("p")}))(t)
	}
	_, err = w.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: name, StatementId: aws.String("p")})
	refused(t, err, "ResourceNotFoundException", "Statement p is not found in resource policy.")
	for i := range 200 {
		if _, err = add("s"+string(rune('a'+i/26))+string(rune('a'+i%26)), "apigateway.amazonaws.com", nil); err != nil {
			break
		}
	}
	refused(t, err, "PolicyLengthExceededException", "")
}

func TestAServiceMayInvokeOnlyWhatAStatementSays(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	w.publish(t, "a")
	must(w.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("1")}))(t)
	const source = "arn:aws:execute-api:eu-west-1:000000000000:abc/prod/GET/pizzas"
	good := function.Source{Service: "apigateway.amazonaws.com", ARN: source, Account: account}
	if w.service.Permitted(good, pizzaARN) {
		t.Fatal("permitted without any statement")
	}
	for _, c := range []struct {
		what    string
		add     lambda.AddPermissionInput
		from    function.Source
		arn     string
		allowed bool
	}{
		{"no conditions", lambda.AddPermissionInput{}, good, pizzaARN, true},
		{"the very ARN", lambda.AddPermissionInput{SourceArn: aws.String(source)}, good, pizzaARN, true},
		{"a wildcard", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:abc/*/*/*")}, good, pizzaARN, true},
		{"one wildcard over slashes", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:abc/*")}, good, pizzaARN, true},
		{"a question mark", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:ab?/*")}, good, pizzaARN, true},
		{"another API", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:xyz/*")}, good, pizzaARN, false},
		{"another method", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:abc/*/POST/*")}, good, pizzaARN, false},
		{"another account's API", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:eu-west-1:111111111111:abc/*")}, good, pizzaARN, false},
		{"another region's API", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:us-east-1:000000000000:abc/*")}, good, pizzaARN, false},
		{"a longer API id", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:ab/*")}, good, pizzaARN, false},
		{"a prefix only", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:abc")}, good, pizzaARN, false},
		{"in another case", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:ABC/*")}, good, pizzaARN, false},
		{"colons in a wildcard of another part", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:::*")}, good, pizzaARN, false},
		{"a variable, which stands for a part at most", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:${aws:SourceArn}")}, good, pizzaARN, false},
		{"a variable that has no value", lambda.AddPermissionInput{SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:${aws:username}*")}, good, pizzaARN, false},
		{"a source that is a pattern itself", lambda.AddPermissionInput{SourceArn: aws.String(source)}, function.Source{Service: good.Service, ARN: "arn:aws:execute-api:eu-west-1:000000000000:*", Account: account}, pizzaARN, false},
		{"both, and one is another's", lambda.AddPermissionInput{SourceArn: aws.String(source), SourceAccount: aws.String("111111111111")}, good, pizzaARN, false},
		{"an account, and none is said", lambda.AddPermissionInput{SourceAccount: aws.String(account)}, function.Source{Service: good.Service, ARN: source}, pizzaARN, false},
		{"no source at all", lambda.AddPermissionInput{SourceArn: aws.String(source)}, function.Source{Service: good.Service, Account: account}, pizzaARN, false},
		{"the account", lambda.AddPermissionInput{SourceAccount: aws.String(account)}, good, pizzaARN, true},
		{"another account", lambda.AddPermissionInput{SourceAccount: aws.String("111111111111")}, good, pizzaARN, false},
		{"another service", lambda.AddPermissionInput{Principal: aws.String("events.amazonaws.com")}, good, pizzaARN, false},
		{"an account as principal", lambda.AddPermissionInput{Principal: aws.String(account)}, good, pizzaARN, false},
		{"a role as principal", lambda.AddPermissionInput{Principal: aws.String(role)}, good, pizzaARN, false},
		{"everyone", lambda.AddPermissionInput{Principal: aws.String("*")}, good, pizzaARN, true},
		{"everyone, but no service named", lambda.AddPermissionInput{Principal: aws.String("*")}, function.Source{ARN: source, Account: account}, pizzaARN, false},
		{"another action", lambda.AddPermissionInput{Action: aws.String("lambda:GetFunction")}, good, pizzaARN, false},
		{"all actions", lambda.AddPermissionInput{Action: aws.String("lambda:*")}, good, pizzaARN, true},
		{"a token that nobody has", lambda.AddPermissionInput{EventSourceToken: aws.String("t")}, good, pizzaARN, false},
		{"an alias, allowed on the function", lambda.AddPermissionInput{}, good, pizzaARN + ":live", false},
		{"a version, allowed on the function", lambda.AddPermissionInput{}, good, pizzaARN + ":1", false},
		{"the function, allowed on the alias", lambda.AddPermissionInput{Qualifier: aws.String("live")}, good, pizzaARN, false},
		{"the alias, allowed on the alias", lambda.AddPermissionInput{Qualifier: aws.String("live")}, good, pizzaARN + ":live", true},
		{"another function", lambda.AddPermissionInput{}, good, pizzaARN + "s", false},
		{"another account's function", lambda.AddPermissionInput{}, good, "arn:aws:lambda:eu-west-1:111111111111:function:pizza", false},
		{"another region's function", lambda.AddPermissionInput{}, good, "arn:aws:lambda:us-east-1:000000000000:function:pizza", false},
		{"a name for an ARN", lambda.AddPermissionInput{}, good, "pizza", false},
	} {
		t.Run(c.what, func(t *testing.T) {
			in := c.add
			in.FunctionName, in.StatementId = name, aws.String("it")
			if in.Action == nil {
				in.Action = aws.String("lambda:InvokeFunction")
			}
			if in.Principal == nil {
				in.Principal = aws.String("apigateway.amazonaws.com")
			}
			must(w.AddPermission(t.Context(), &in))(t)
			before := len(w.runner.all())
			if got := w.service.Permitted(c.from, c.arn); got != c.allowed {
				t.Errorf("permitted: %t", got)
			}
			_, err := w.service.InvokeAs(t.Context(), c.from, c.arn, []byte("{}"), "r", "")
			if (err == nil) != c.allowed || err != nil && !errors.Is(err, function.ErrNotPermitted) && !errors.Is(err, function.ErrNoFunction) {
				t.Errorf("invoked: %v", err)
			}
			if ran := len(w.runner.all()) > before; ran != c.allowed {
				t.Errorf("reached the function: %t", ran)
			}
			must(w.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: name, Qualifier: in.Qualifier, StatementId: in.StatementId}))(t)
			if w.service.Permitted(c.from, c.arn) {
				t.Error("permitted after the statement was removed")
			}
		})
	}
}

// A permission of an alias does not come back with another alias of its name.
func TestPermissionsGoWithTheirAlias(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	make := func() {
		must(w.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("$LATEST")}))(t)
	}
	make()
	must(w.AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: name, Qualifier: aws.String("live"), StatementId: aws.String("x"),
		Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com")}))(t)
	must(w.DeleteAlias(t.Context(), &lambda.DeleteAliasInput{FunctionName: name, Name: aws.String("live")}))(t)
	make()
	if w.service.Permitted(function.Source{Service: "apigateway.amazonaws.com"}, pizzaARN+":live") {
		t.Error("permitted")
	}
}
