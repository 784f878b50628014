package httpapi

import (
	"strconv"

	"github.com/sallyport/sallyport/internal/awsapi"
)

// Page sizes. Clients ask for as many as 5000 to have everything in one page.
const (
	defaultPage = 100
	largestPage = 5000
)

// page reads nextToken and maxResults, which is a number in a text.
func (svc *Service) page(operation, scope string, token, size *string) (awsapi.Page, error) {
	most := defaultPage
	if text(size) != "" {
		n, err := strconv.Atoi(*size)
		if err != nil || n < 1 {
			return awsapi.Page{}, badRequest("Invalid maxResults specified: it is a number of 1 or more")
		}
		most = min(n, largestPage)
	}
	page, ok := svc.pages.Page(operation, scope, token, most)
	if !ok {
		return awsapi.Page{}, badRequest("Invalid nextToken specified")
	}
	return page, nil
}
