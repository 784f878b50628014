package identitypool

// page is one page of a list under way: where it starts and how long it is.
type page struct {
	operation, scope string
	after            string
	limit            int
	seal             func(operation, scope, position string) string
}

// openPage reads a paging token made for operation and scope, if there is one.
func (s *Service) openPage(operation, scope string, token *string, limit *int32) (page, error) {
	p := page{operation: operation, scope: scope, limit: maxPage, seal: s.pages.Token}
	if limit != nil {
		if *limit < 1 || *limit > maxPage {
			return page{}, constraint("maxResults", "Member must be between 1 and 60")
		}
		p.limit = int(*limit)
	}
	after, ok := s.pages.Position(operation, scope, deref(token))
	if !ok {
		return page{}, invalid(textBadPage)
	}
	p.after = after
	return p, nil
}

// fetch is how many rows to read: one more than the page, to know whether there is a next.
func (p page) fetch() int { return p.limit + 1 }

// turn cuts rows to the page and makes the token of the next one, if there is one.
func turn[T any](p page, rows []*T, position func(*T) string) ([]*T, *string) {
	if len(rows) <= p.limit {
		return rows, nil
	}
	rows = rows[:p.limit]
	token := p.seal(p.operation, p.scope, position(rows[len(rows)-1]))
	return rows, &token
}
