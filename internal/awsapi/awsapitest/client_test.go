package awsapitest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
)

// With a Date the SDK would sign by the server's time, in whole seconds, and not
// by its own.
func TestNoAnswerTellsTheTime(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := awsapitest.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if date := answer.Header.Get("Date"); date != "" {
		t.Errorf("the SDK would see the Date %s", date)
	}
}
