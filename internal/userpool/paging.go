package userpool

import "github.com/sallyport/sallyport/internal/awsapi"

const maxPage = 60 // AWS's, for every list of this service

// openPage reads a paging token made for operation and scope, if there is one.
func (s *Service) openPage(operation, scope string, token *string, limit *int32) (awsapi.Page, error) {
	most := maxPage
	if limit != nil {
		// ListUsers and the group lists take 0 for "as many as there are".
		if *limit < 0 || *limit > maxPage {
			return awsapi.Page{}, invalid("The page size must be between 1 and 60.")
		}
		if *limit > 0 {
			most = int(*limit)
		}
	}
	page, ok := s.pages.Page(operation, scope, token, most)
	if !ok {
		return awsapi.Page{}, invalid(textBadPage)
	}
	return page, nil
}
