package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// A server may answer at once and at length: every answer is read to its end.
func TestLongAnswersThatComeAtOnceAreRead(t *testing.T) {
	answer := "<ListPoliciesResponse><ListPoliciesResult><Policies>" +
		strings.Repeat("<member><PolicyName>one</PolicyName></member>", 2000) + "</Policies></ListPoliciesResult></ListPoliciesResponse>"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), "Action=ListPolicies") {
			t.Errorf("the body that arrived: %q", body)
		}
		io.WriteString(w, answer)
	}))
	defer server.Close()
	client := iam.New(iam.Options{BaseEndpoint: &server.URL, Region: "us-east-1", HTTPClient: wholeBody{plainClient()}, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("root", "secret", "")})
	for i := range 300 { // one in ten was cut while the SDK could close the body
		out, err := client.ListPolicies(t.Context(), &iam.ListPoliciesInput{})
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		if len(out.Policies) != 2000 {
			t.Fatalf("answer %d has %d policies", i, len(out.Policies))
		}
	}
}
