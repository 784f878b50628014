package awsapi_test

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
)

// What is not exactly one known form of a union is refused: what it asks for
// would silently not be done.
func TestUnionsHaveExactlyOneForm(t *testing.T) {
	var got *iam.SimulatePrincipalPolicyInput
	h := newHouse(t)
	api := awsapi.New(awsapi.Config{
		Account: "0", Region: "us-east-1", Keys: h, Authorizer: h, Clock: new(clock.Clock),
		Logger: slog.New(slog.DiscardHandler), Records: h, MaxBody: 1 << 20,
	}, &awsapi.Service{
		Name: "iam", Protocol: awsapi.Query("2010-05-08", "x"), Unions: []awsapi.Union{policyIdentifier},
		Operations: []awsapi.Operation{awsapi.Op("SimulatePrincipalPolicy", awsapi.Public, func(_ context.Context, _ *access.Call, in *iam.SimulatePrincipalPolicyInput) (*iam.SimulatePrincipalPolicyOutput, error) {
			got = in
			return nil, nil
		})},
	})
	const member = "PolicyExclusionList.member.1"
	for name, x := range map[string]struct {
		form   url.Values
		status int
	}{
		"one form":                    {url.Values{member + ".PolicyArn": {"arn"}}, 200},
		"a structure":                 {url.Values{member + ".InlinePolicyIdentifier.PolicyName": {"p"}}, 200},
		"two forms":                   {url.Values{member + ".PolicyArn": {"arn"}, member + ".PolicyType": {"X"}}, 400},
		"no form":                     {url.Values{member: {""}}, 400},
		"an unknown form":             {url.Values{member + ".PolicyName": {"p"}}, 400},
		"one beside an unknown":       {url.Values{member + ".PolicyArn": {"arn"}, member + ".PolicyName": {"p"}}, 400},
		"a text":                      {url.Values{member: {"arn"}}, 400},
		"a text where a structure is": {url.Values{member + ".InlinePolicyIdentifier": {"p"}}, 400},
		"a structure where a text is": {url.Values{member + ".PolicyArn.Name": {"p"}}, 400},
	} {
		got = nil
		x.form.Set("Action", "SimulatePrincipalPolicy")
		x.form.Set("Version", "2010-05-08")
		r := httptest.NewRequest("POST", "http://127.0.0.1/", strings.NewReader(x.form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		body, _ := io.ReadAll(w.Body)
		if w.Code != x.status || (got != nil) != (x.status == 200) {
			t.Errorf("%s: %d %s", name, w.Code, body)
		}
	}
}

func TestOnlyFormsOfAUnionAreRegistered(t *testing.T) {
	face, forms := policyIdentifier.Forms()
	if face != reflect.TypeFor[iamtypes.PolicyIdentifier]() || len(forms) != 3 {
		t.Fatal(face, forms)
	}
	for name, form := range map[string]any{
		"nothing": nil, "a value": iamtypes.PolicyIdentifierMemberPolicyArn{}, "a text": new(string), "another struct": &iamtypes.Tag{},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken for a form", name)
				}
			}()
			awsapi.UnionOf[any](form)
		}()
	}
}
