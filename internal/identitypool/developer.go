package identitypool

import (
	"context"
	"errors"
	"slices"
	"time"

	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

// Developer identities: the developer's own servers vouch for their users, by
// signed calls.
// https://docs.aws.amazon.com/cognito/latest/developerguide/developer-authenticated-identities.html

// GetOpenIdTokenForDeveloperIdentity gives the token of a developer's user, who
// is linked to the identity that is named, or to a new one. Further logins may
// stand beside it and are proved as always.
func (s *Service) GetOpenIdTokenForDeveloperIdentity(ctx context.Context, call *access.Call, in *ci.GetOpenIdTokenForDeveloperIdentityInput) (*ci.GetOpenIdTokenForDeveloperIdentityOutput, error) {
	p, err := s.pool(call, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	life := developerTokenLife
	if in.TokenDuration != nil {
		if *in.TokenDuration < 1 || *in.TokenDuration > maxDuration {
			return nil, constraint("tokenDuration", "Member must be between 1 and 86400")
		}
		life = time.Duration(*in.TokenDuration) * time.Second
	}
	if err := checkBrought(in.PrincipalTags); err != nil {
		return nil, err
	}
	logins, err := s.proveWithDeveloper(ctx, call, p, in.Logins, in.PrincipalTags)
	if err != nil {
		return nil, err
	}
	i, err := s.resolve(ctx, call, wanted{pool: p, id: deref(in.IdentityId), logins: logins, trusted: true})
	if err != nil {
		return nil, err
	}
	tags, err := p.sessionTags(logins)
	if err != nil {
		return nil, err
	}
	token, err := s.issue(ctx, call, p, i, logins, tags, life)
	if err != nil {
		return nil, err
	}
	return &ci.GetOpenIdTokenForDeveloperIdentityOutput{IdentityId: &i.ID, Token: &token}, nil
}

func checkBrought(tags map[string]string) error {
	for _, value := range tags {
		if err := check("principalTags", value, 1, 256, sessionTags); err != nil {
			return err
		}
	}
	return checkSessionKeys(tags)
}

// proveWithDeveloper takes the developer's word for their user, and proof for
// the other logins.
func (s *Service) proveWithDeveloper(ctx context.Context, call *access.Call, p *Pool, given map[string]string, tags map[string]string) ([]login, error) {
	user, ok := given[p.Developer]
	if p.Developer == "" || !ok {
		return nil, invalid(textNoDeveloper)
	}
	if err := checkUser("logins", user); err != nil {
		return nil, err
	}
	others := map[string]string{}
	for key, token := range given {
		if key != p.Developer {
			others[key] = token
		}
	}
	logins, err := s.prove(ctx, call, p, others)
	if err != nil {
		return nil, err
	}
	own := login{provider: p.Developer, subject: user, kind: byDeveloper, tags: tags, claims: func(string) claim { return claim{} }}
	return append([]login{own}, logins...), nil
}

func checkUser(member, user string) error { return check(member, user, 1, maxSubject, nil) }

// LookupDeveloperIdentity finds the identity of a developer's user, and the
// developer's users of an identity. Asked for both, it says whether they belong
// together.
func (s *Service) LookupDeveloperIdentity(ctx context.Context, call *access.Call, in *ci.LookupDeveloperIdentityInput) (*ci.LookupDeveloperIdentityOutput, error) {
	p, err := s.pool(call, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	if p.Developer == "" {
		return nil, invalid(textNoDeveloper)
	}
	id, user := deref(in.IdentityId), deref(in.DeveloperUserIdentifier)
	if id == "" && user == "" {
		return nil, invalid(textLookupNeeds)
	}
	if user != "" {
		if err := checkUser("developerUserIdentifier", user); err != nil {
			return nil, err
		}
		row, err := s.developerLogin(ctx, s.db, p, user)
		switch {
		case err != nil:
			return nil, err
		case id != "" && row.IdentityID != id:
			return nil, conflict(textLookup)
		case id != "":
			return &ci.LookupDeveloperIdentityOutput{IdentityId: &row.IdentityID, DeveloperUserIdentifierList: []string{user}}, nil
		}
		id = row.IdentityID
	}
	i, err := s.identity(ctx, s.db, id)
	if err == nil && i.PoolID != p.ID {
		err = notFound(textNoIdentity(id))
	}
	if err != nil {
		return nil, err
	}
	page, err := s.openPage("LookupDeveloperIdentity", id, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	rows, err := loginTable.List(ctx, s.db, loginsOfProvider, id, p.Developer, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(r *loginRow) string { return r.Subject })
	out := &ci.LookupDeveloperIdentityOutput{IdentityId: &id, NextToken: next, DeveloperUserIdentifierList: []string{}}
	for _, r := range rows {
		out.DeveloperUserIdentifierList = append(out.DeveloperUserIdentifierList, r.Subject)
	}
	return out, nil
}

func (s *Service) developerLogin(ctx context.Context, session store.Session, p *Pool, user string) (*loginRow, error) {
	row, err := loginTable.Get(ctx, session, p.ID, p.Developer, user)
	if errors.Is(err, store.ErrNotFound) {
		return nil, notFound("Developer user '" + user + "' not found.")
	}
	return row, err
}

// MergeDeveloperIdentities makes one identity of two developer's users. The
// destination's stays, the source's is disabled.
func (s *Service) MergeDeveloperIdentities(ctx context.Context, call *access.Call, in *ci.MergeDeveloperIdentitiesInput) (*ci.MergeDeveloperIdentitiesOutput, error) {
	p, err := s.pool(call, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	if p.Developer == "" || deref(in.DeveloperProviderName) != p.Developer {
		return nil, invalid(textNoDeveloper)
	}
	for member, user := range map[string]string{"sourceUserIdentifier": deref(in.SourceUserIdentifier), "destinationUserIdentifier": deref(in.DestinationUserIdentifier)} {
		if err := checkUser(member, user); err != nil {
			return nil, err
		}
	}
	out := &ci.MergeDeveloperIdentitiesOutput{}
	return out, s.writePool(ctx, p.ID, func(tx *store.Tx) error {
		source, err := s.developerLogin(ctx, tx, p, *in.SourceUserIdentifier)
		if err != nil {
			return err
		}
		destination, err := s.developerLogin(ctx, tx, p, *in.DestinationUserIdentifier)
		if err != nil {
			return err
		}
		out.IdentityId = &destination.IdentityID
		if source.IdentityID == destination.IdentityID {
			return nil
		}
		gone, err := identityTable.Get(ctx, tx, source.IdentityID)
		if err != nil {
			return err
		}
		if err := s.merge(ctx, tx, call, gone, destination.IdentityID); err != nil {
			return err
		}
		if err := s.checkLogins(ctx, tx, destination.IdentityID); err != nil {
			return err
		}
		return s.touch(ctx, tx, call, destination.IdentityID)
	})
}

// UnlinkDeveloperIdentity takes a developer's user from an identity.
func (s *Service) UnlinkDeveloperIdentity(ctx context.Context, call *access.Call, in *ci.UnlinkDeveloperIdentityInput) (*ci.UnlinkDeveloperIdentityOutput, error) {
	p, err := s.pool(call, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	if p.Developer == "" || deref(in.DeveloperProviderName) != p.Developer {
		return nil, invalid(textNoDeveloper)
	}
	user := deref(in.DeveloperUserIdentifier)
	if err := checkUser("developerUserIdentifier", user); err != nil {
		return nil, err
	}
	return nil, s.writePool(ctx, p.ID, func(tx *store.Tx) error {
		i, err := s.identity(ctx, tx, deref(in.IdentityId))
		if err != nil {
			return err
		}
		if i.PoolID != p.ID {
			return notFound(textNoIdentity(i.ID))
		}
		rows, err := loginTable.List(ctx, tx, loginsOfOneMaster, i.ID, p.Developer)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(rows, func(r *loginRow) bool { return r.Subject == user }) {
			return conflict(textLookup)
		}
		if err := loginTable.Delete(ctx, tx, p.ID, p.Developer, user); err != nil {
			return err
		}
		return s.touch(ctx, tx, call, i.ID)
	})
}
