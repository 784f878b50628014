package gateway

// AWS's page sizes: 25 unless asked otherwise, at most 500.
const (
	defaultPage = 25
	largestPage = 500
)

// page is one request for a part of a list.
type page struct {
	operation, scope string
	after            string // the last key of the page before, "" for the first
	limit            int
}

func (g *Gateway) page(operation, scope string, position *string, limit *int32) (page, error) {
	p := page{operation: operation, scope: scope, limit: defaultPage}
	if limit != nil && *limit != 0 {
		if *limit < 1 || *limit > largestPage {
			return p, badRequest("Invalid limit specified: must be between 1 and %d", largestPage)
		}
		p.limit = int(*limit)
	}
	if text(position) == "" {
		return p, nil
	}
	after, ok := g.pages.Position(operation, scope, *position)
	if !ok {
		return p, badRequest("Invalid position parameter")
	}
	p.after = after
	return p, nil
}

// cut keeps a page of rows (of which one more than the limit was read) and
// tells the position of the next, nil after the last.
func cut[T any](g *Gateway, p page, rows []*T, key func(*T) string) ([]*T, *string) {
	if len(rows) <= p.limit {
		return rows, nil
	}
	rows = rows[:p.limit]
	position := g.pages.Token(p.operation, p.scope, key(rows[p.limit-1]))
	return rows, &position
}
