package restapi_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

const openPolicy = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
	{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":["execute-api:/prod/GET/secret","arn:aws:execute-api:*:*:*/x"],"Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`

// unquoted reads a policy as clients do: it is what stands between quotes.
func unquoted(t *testing.T, shown *string) string {
	t.Helper()
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(aws.ToString(shown), `\/`, `/`) + `"`)
	must(t, err)
	return text
}

func TestAPIsHavePolicies(t *testing.T) {
	w := newWorld(t)
	ctx, c := t.Context(), w.client
	made, err := c.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("n"), Policy: aws.String(openPolicy)})
	must(t, err)
	whole := "arn:aws:execute-api:eu-west-1:000000000000:" + *made.Id
	want := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"` + whole + `/*"},` +
		`{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":["` + whole + `/prod/GET/secret","arn:aws:execute-api:*:*:*/x"],"Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`
	if got := unquoted(t, made.Policy); got != want {
		t.Errorf("shown as %s\nwant %s", got, want)
	}
	if !strings.HasPrefix(*made.Policy, `{\"Version\":\"2012-10-17\"`) || !strings.Contains(*made.Policy, `10.0.0.0\/8`) {
		t.Errorf("not escaped as AWS does: %s", *made.Policy)
	}

	a := &api{w, *made.Id, map[string]string{"/": *made.RootResourceId}}
	a.open("GET", "/secret")
	a.open("GET", "/menu")
	a.deploy("prod")
	if menu, secret := a.status("GET", "/prod/menu"), a.status("GET", "/prod/secret"); menu != 200 || secret != 403 {
		t.Errorf("menu %d, secret %d", menu, secret)
	}
	// It is deployed with the API, and so is its end.
	out, err := c.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: &a.id, PatchOperations: replace("/policy", "")})
	must(t, err)
	if out.Policy != nil || a.status("GET", "/prod/secret") != 403 {
		t.Errorf("shown as %q before it is deployed", aws.ToString(out.Policy))
	}
	a.deploy("prod")
	if got := a.status("GET", "/prod/secret"); got != 200 {
		t.Errorf("without a policy: %d", got)
	}
	_, err = c.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: &a.id, PatchOperations: []types.PatchOperation{{Op: types.OpReplace, Path: aws.String("/policy"), Value: aws.String(openPolicy)}, {Op: types.OpRemove, Path: aws.String("/policy")}}})
	must(t, err)
	got, err := c.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: &a.id})
	must(t, err)
	if got.Policy != nil {
		t.Errorf("shown as %s", *got.Policy)
	}
}

func TestBadPolicies(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":[` + s + `]}` }
	for name, text := range map[string]string{
		"no JSON":              `{"Version"`,
		"no statement":         `{}`,
		"no principal":         statement(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}`),
		"an unknown effect":    statement(`{"Effect":"allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}`),
		"an unknown element":   statement(`{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*","Conditon":{}}`),
		"an unknown operator":  statement(`{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"*","Condition":{"NotIpAdress":{"aws:SourceIp":"10.0.0.0/8"}}}`),
		"a doubled member":     statement(`{"Effect":"Deny","Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}`),
		"no resource":          statement(`{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke"}`),
		"more than 8192 bytes": statement(`{"Sid":"` + strings.Repeat("a", 8192) + `","Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}`),
	} {
		t.Run(name, func(t *testing.T) {
			const message = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
			_, err := w.client.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("n"), Policy: &text})
			expectError(t, err, "BadRequestException", message)
			expectError(t, updateAPI(w, a, "/policy", text), "BadRequestException", message)
		})
	}
	if got, err := w.client.GetRestApi(t.Context(), &apigateway.GetRestApiInput{RestApiId: &a.id}); err != nil || got.Policy != nil {
		t.Errorf("%+v %v", got, err)
	}
}

// Who may edit an API shall not by that alone open it to the world.
func TestAPolicyNeedsItsOwnPermission(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	w.asked.about()
	must(t, updateAPI(w, a, "/policy", openPolicy))
	arn := "arn:aws:apigateway:eu-west-1::/restapis/" + a.id
	if got := w.asked.about(); !slices.Equal(got, []string{"apigateway:PATCH " + arn, "apigateway:UpdateRestApiPolicy " + arn}) {
		t.Errorf("asked %q", got)
	}
	must(t, updateAPI(w, a, "/name", "other"))
	if got := w.asked.about(); len(got) != 1 {
		t.Errorf("asked %q", got)
	}
	w.asked.refuse("apigateway:UpdateRestApiPolicy")
	for name, call := range map[string]func() error{
		"creating": func() error {
			_, err := w.client.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("n"), Policy: aws.String(openPolicy)})
			return err
		},
		"setting":  func() error { return updateAPI(w, a, "/policy", openPolicy) },
		"emptying": func() error { return updateAPI(w, a, "/policy", "") },
		"removing, after something else": func() error {
			_, err := w.client.UpdateRestApi(t.Context(), &apigateway.UpdateRestApiInput{RestApiId: &a.id, PatchOperations: append(replace("/name", "n"), types.PatchOperation{Op: types.OpRemove, Path: aws.String("/policy")})})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := call()
			expectError(t, err, "AccessDeniedException", "is not authorized to perform: apigateway:UpdateRestApiPolicy on resource: arn:aws:apigateway:eu-west-1::/restapis/")
			expectStatus(t, err, 403)
		})
	}
	got, err := w.client.GetRestApi(t.Context(), &apigateway.GetRestApiInput{RestApiId: &a.id})
	must(t, err)
	if got.Policy == nil || *got.Name != "other" {
		t.Errorf("something was changed: %+v", got)
	}
}
