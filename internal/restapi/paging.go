package restapi

import (
	"context"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

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

// list is how the parts of one kind are listed.
type list[Row any] struct {
	operation string
	table     *store.Table[Row]
	id        func(*Row) string
}

// partsOf is one page of the parts of an API, never null.
func partsOf[Row, Shape any](ctx context.Context, svc *Service, call *access.Call, l list[Row], apiID, position *string, limit *int32, shape func(*Row) Shape) (items []Shape, next *string, err error) {
	api, err := readAPI(ctx, svc.db, call, apiID)
	if err != nil {
		return nil, nil, err
	}
	page, err := svc.page(l.operation, api.ID, position, limit)
	if err != nil {
		return nil, nil, err
	}
	rows, err := l.table.List(ctx, svc.db, ofAPIAfter, api.ID, page.After, page.Fetch())
	if err != nil {
		return nil, nil, err
	}
	rows, next = awsapi.Turn(page, rows, l.id)
	items = []Shape{}
	for _, row := range rows {
		items = append(items, shape(row))
	}
	return items, next, nil
}
