package account

import (
	"sort"
)

const (
	pageLength = 100 // items by default
	maxPage    = 1000
)

// listing is one page of a list under way.
type listing struct {
	service          *Service
	operation, scope string
	after            string
	limit            int
}

// listing reads Marker and MaxItems. A marker is good for the operation and
// the scope that it was made for.
func (s *Service) listing(operation, scope string, marker *string, maxItems *int32) (listing, error) {
	l := listing{service: s, operation: operation, scope: scope, limit: pageLength}
	if maxItems != nil {
		if *maxItems < 1 || *maxItems > maxPage {
			return listing{}, validation("1 validation error detected: Value '%d' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and %d", *maxItems, maxPage)
		}
		l.limit = int(*maxItems)
	}
	after, ok := s.pages.Position(operation, scope, deref(marker))
	if !ok {
		return listing{}, validation("Invalid Marker.")
	}
	l.after = after
	return l, nil
}

// page cuts out of rows, which are sorted by key, those that come after the
// marker. Where next is nil it was the last page.
func page[T any](l listing, rows []T, key func(T) string) (part []T, truncated bool, next *string) {
	from := 0
	if l.after != "" {
		from = sort.Search(len(rows), func(i int) bool { return key(rows[i]) > l.after })
	}
	rows = rows[from:]
	if len(rows) <= l.limit {
		return rows, false, nil
	}
	rows = rows[:l.limit]
	token := l.service.pages.Token(l.operation, l.scope, key(rows[len(rows)-1]))
	return rows, true, &token
}
