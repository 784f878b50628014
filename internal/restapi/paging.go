package restapi

import "github.com/sallyport/sallyport/internal/awsapi"

// AWS's page sizes: 25 unless asked otherwise, at most 500.
const (
	defaultPage = 25
	largestPage = 500
)

func (svc *Service) page(operation, scope string, position *string, limit *int32) (awsapi.Page, error) {
	most := defaultPage
	if limit != nil && *limit != 0 {
		if *limit < 1 || *limit > largestPage {
			return awsapi.Page{}, badRequest("Invalid limit specified: must be between 1 and %d", largestPage)
		}
		most = int(*limit)
	}
	page, ok := svc.pages.Page(operation, scope, position, most)
	if !ok {
		return awsapi.Page{}, badRequest("Invalid position parameter")
	}
	return page, nil
}
