package httpapi

import (
	"context"
	"strconv"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
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

// list is how the parts of one kind are listed.
type list[Row any] struct {
	operation string
	after     string // the condition that finds a page of an API's
	table     *store.Table[Row]
	key       func(*Row) string // what they are ordered by
}

// partsOf is one page of the parts of an API, never null.
func partsOf[Row, Shape any](ctx context.Context, svc *Service, call *access.Call, l list[Row], apiID, token, size *string, shape func(*Row) Shape) (items []Shape, next *string, err error) {
	api, err := readAPI(ctx, svc.db, call, apiID)
	if err != nil {
		return nil, nil, err
	}
	page, err := svc.page(l.operation, api.ID, token, size)
	if err != nil {
		return nil, nil, err
	}
	rows, err := l.table.List(ctx, svc.db, l.after, api.ID, page.After, page.Fetch())
	if err != nil {
		return nil, nil, err
	}
	rows, next = awsapi.Turn(page, rows, l.key)
	items = []Shape{}
	for _, row := range rows {
		items = append(items, shape(row))
	}
	return items, next, nil
}
