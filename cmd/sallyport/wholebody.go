package main

import (
	"bytes"
	"io"
	"net/http"
)

// wholeBody is the HTTP client of an SDK that speaks to a server close by. The
// SDK closes a request's body as soon as the answer begins. net/http may then
// still be looking whether more of the body comes, takes that for a broken
// request and cuts the connection in the middle of the answer. A body from
// memory, which nobody closes, cannot be taken away from it.
type wholeBody struct{ client *http.Client }

// Do sends request with its body read beforehand.
func (w wholeBody) Do(request *http.Request) (*http.Response, error) {
	if request.Body == nil || request.Body == http.NoBody {
		return w.client.Do(request)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	whole := request.Clone(request.Context())
	whole.Body, whole.GetBody, whole.ContentLength = io.NopCloser(bytes.NewReader(body)), nil, int64(len(body))
	return w.client.Do(whole)
}
