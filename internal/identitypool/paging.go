package identitypool

import "github.com/sallyport/sallyport/internal/awsapi"

// openPage reads a paging token made for operation and scope, if there is one.
func (s *Service) openPage(operation, scope string, token *string, limit *int32) (awsapi.Page, error) {
	most := maxPage
	if limit != nil {
		if *limit < 1 || *limit > maxPage {
			return awsapi.Page{}, constraint("maxResults", "Member must be between 1 and 60")
		}
		most = int(*limit)
	}
	page, ok := s.pages.Page(operation, scope, token, most)
	if !ok {
		return awsapi.Page{}, invalid(textBadPage)
	}
	return page, nil
}
