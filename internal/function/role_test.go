package function_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/function"
	"github.com/sallyport/sallyport/internal/runner"
)

const (
	cannotAssume = "The role defined for the function cannot be assumed by Lambda."
	admin        = "arn:aws:iam::000000000000:role/admin"
	forEC2       = "arn:aws:iam::000000000000:role/for-ec2"
)

// Each role is refused by CreateFunction and by UpdateFunctionConfiguration in
// the same words, and leaves nothing behind.
func TestRolesThatAFunctionCannotHave(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	w.crew.set(func(c *crew) {
		c.denied = map[string]bool{admin: true}
		c.distrust = map[string]bool{forEC2: true, admin: true}
	})
	const malformed = "1 validation error detected: Value '%' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:"
	for what, c := range map[string]struct {
		role, code, text string
		status           int
	}{
		"a role that trusts only EC2":    {forEC2, "InvalidParameterValueException", cannotAssume, 400},
		"one that may not be passed":     {admin, "AccessDeniedException", "User: arn:aws:iam::000000000000:root is not authorized to perform: iam:PassRole on resource: " + admin, 403},
		"another account's":              {"arn:aws:iam::111111111111:role/pizza", "AccessDeniedException", "Cross-account pass role is not allowed.", 403},
		"no account":                     {"arn:aws:iam:::role/pizza", "ValidationException", "1 validation error detected: Value 'arn:aws:iam:::role/pizza' at 'role'", 400},
		"a name":                         {"pizza", "ValidationException", malformed, 400},
		"a user":                         {"arn:aws:iam::000000000000:user/pizza", "ValidationException", malformed, 400},
		"a session":                      {"arn:aws:sts::000000000000:assumed-role/pizza/me", "ValidationException", malformed, 400},
		"a wildcard":                     {"arn:aws:iam::000000000000:role/*", "ValidationException", malformed, 400},
		"two lines":                      {admin + "\n", "ValidationException", malformed, 400},
		"an account with a colon before": {"arn:aws:iam:000000000000::role/pizza", "ValidationException", malformed, 400},
		"nothing":                        {"", "ValidationException", malformed, 400},
	} {
		t.Run(what, func(t *testing.T) {
			text := c.text
			if text == malformed {
				text = "1 validation error detected: Value '" + c.role + "' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:"
			}
			in := pizza(t)
			in.FunctionName, in.Role = aws.String("soup"), &c.role
			_, err := w.CreateFunction(t.Context(), in)
			refused(t, err, c.code, text)
			if got := status(t, err); got != c.status {
				t.Errorf("status %d", got)
			}
			if _, err := w.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: in.FunctionName}); err == nil {
				t.Error("there is a function now")
			}
			_, err = w.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Role: &c.role})
			refused(t, err, c.code, text)
			if got := must(w.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: name}))(t); *got.Role != role {
				t.Errorf("the function has the role %s now", *got.Role)
			}
		})
	}
}

func TestWhenARoleIsAskedFor(t *testing.T) {
	w := newWorld(t)
	expect := func(what string, want ...string) {
		t.Helper()
		asked, about := w.crew.questions()
		if !slices.Equal(asked, want) {
			t.Errorf("%s: asked %q, want %q", what, asked, want)
		}
		for _, arn := range about {
			if arn != pizzaARN {
				t.Errorf("%s: asked about %s", what, arn)
			}
		}
		if len(about) != len(want) {
			t.Errorf("%s: %d questions named the function", what, len(about))
		}
	}
	w.create(t)
	expect("a new function", "pass "+role, "trust "+role)
	w.crew.set(func(c *crew) { c.denied = map[string]bool{role: true, admin: true} })
	must(w.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(9)}))(t)
	must(w.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: program(t, "two")}))(t)
	expect("changes that name no role")
	_, err := w.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Role: aws.String(role)})
	refused(t, err, "AccessDeniedException", "")
	expect("the role that it has", "pass "+role)
	_, err = w.CreateFunction(t.Context(), &lambda.CreateFunctionInput{FunctionName: aws.String("pizza2"), Role: aws.String(admin), Runtime: types.RuntimeProvidedal2023,
		Handler: aws.String("bootstrap"), Code: &types.FunctionCode{ZipFile: program(t, "one")}})
	refused(t, err, "AccessDeniedException", "")
	if asked, _ := w.crew.questions(); !slices.Equal(asked, []string{"pass " + admin}) {
		t.Errorf("asked %q: whoever may not pass a role learns whether it is there", asked)
	}
	_, err = w.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("soup"), Role: aws.String(admin)})
	refused(t, err, "ResourceNotFoundException", "Function not found")
	expect("of a function that is not there")
	_, err = w.CreateFunction(t.Context(), pizza(t))
	refused(t, err, "ResourceConflictException", "")
	w.denied.Store("lambda:CreateFunction", true)
	_, err = w.CreateFunction(t.Context(), pizza(t))
	refused(t, err, "AccessDeniedException", "User: arn:aws:iam::000000000000:root is not authorized to perform: lambda:CreateFunction")
	expect("of whoever may not make functions")
}

func TestAFunctionWhoseRoleIsGoneIsNotAsked(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	must(w.AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: name, StatementId: aws.String("x"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com")}))(t)
	w.runner.set(func(f *runner.Function, e runner.Event) (runner.Result, error) { // as the runner does when a process starts
		if _, err := w.service.Credentials(t.Context(), f); err != nil {
			return runner.Result{}, err
		}
		return runner.Result{Payload: []byte(`"baked"`)}, nil
	})
	w.crew.questions()
	must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name}))(t)
	if asked, _ := w.crew.questions(); !slices.Equal(asked, []string{"credentials of " + role + " for " + pizzaARN}) {
		t.Errorf("asked %q", asked)
	}
	w.crew.set(func(c *crew) { c.ended = true })
	_, err := w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name})
	refused(t, err, "AccessDeniedException", cannotAssume)
	if status(t, err) != 403 {
		t.Error("status", status(t, err))
	}
	if _, err = w.service.InvokeAs(t.Context(), function.Source{Service: "apigateway.amazonaws.com"}, pizzaARN, []byte("{}"), "r", ""); !errors.Is(err, function.ErrRole) {
		t.Errorf("for a service: %v", err)
	}
	w.crew.set(func(c *crew) { c.ended, c.endless = false, true })
	if _, err = w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name}); err == nil {
		t.Error("it ran on credentials without an end")
	}
}
