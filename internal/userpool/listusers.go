package userpool

import (
	"context"
	"slices"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// ListUsers pages through a pool's users by user name, all or those that a
// filter finds. Every filter runs on an index.
func (s *Service) ListUsers(ctx context.Context, call *access.Call, in *idp.ListUsersInput) (*idp.ListUsersOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	f, err := parseFilter(deref(in.Filter))
	if err != nil {
		return nil, err
	}
	for _, name := range in.AttributesToGet {
		if _, ok := p.Schema.Find(name); !ok {
			return nil, invalid("One or more requested attributes do not exist.")
		}
	}
	page, err := s.openPage("ListUsers", p.ID+"\n"+deref(in.Filter), in.PaginationToken, in.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := s.searchUsers(ctx, p.Pool, f, page)
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(u *User) string { return u.NameKey })
	var keep func(string) bool
	if in.AttributesToGet != nil {
		keep = func(name string) bool { return slices.Contains(in.AttributesToGet, name) }
	}
	out := &idp.ListUsersOutput{PaginationToken: next, Users: []types.UserType{}}
	for _, u := range rows {
		out.Users = append(out.Users, u.shape(keep))
	}
	return out, nil
}

func (s *Service) searchUsers(ctx context.Context, p *Pool, f *filter, page awsapi.Page) ([]*User, error) {
	switch {
	case f == nil:
		return userTable.List(ctx, s.db, usersAfter, p.ID, page.After, page.Fetch())
	case f.attribute == filterStatus:
		return userTable.List(ctx, s.db, usersByStatusAfter, p.ID, f.value, page.After, page.Fetch())
	case f.attribute == filterEnabled:
		return userTable.List(ctx, s.db, usersByStateAfter, p.ID, f.value == string(types.StatusTypeEnabled), page.After, page.Fetch())
	}
	value := searchValue(p, f.value)
	switch {
	case f.prefix && value == "":
		return userTable.List(ctx, s.db, usersPrefixAfter, p.ID, f.attribute, []byte{}, []byte{0xff, 0xff}, page.After, page.Fetch())
	case f.prefix:
		return userTable.List(ctx, s.db, usersPrefixAfter, p.ID, f.attribute, []byte(value), prefixEnd(value), page.After, page.Fetch())
	default:
		return userTable.List(ctx, s.db, usersEqualAfter, p.ID, f.attribute, []byte(value), page.After, page.Fetch())
	}
}
