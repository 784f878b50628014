package userpool

import (
	"context"

	"github.com/sallyport/sallyport/internal/store"
)

// The tables of this service. What a where clause names is a real column of
// migration 0002.

var poolTable = store.NewTable(store.Schema[Pool]{
	Table:   "user_pools",
	Key:     []store.Column[Pool]{{Name: "id", Value: func(p *Pool) any { return p.ID }}},
	Columns: []store.Column[Pool]{{Name: "region", Value: func(p *Pool) any { return p.Region }}},
	Feed:    true,
})

var keyTable = store.NewTable(store.Schema[SigningKey]{
	Table:   "user_pool_keys",
	Key:     []store.Column[SigningKey]{{Name: "kid", Value: func(k *SigningKey) any { return k.ID }}},
	Columns: []store.Column[SigningKey]{{Name: "pool_id", Value: func(k *SigningKey) any { return k.PoolID }}},
	Feed:    true,
})

var clientTable = store.NewTable(store.Schema[Client]{
	Table:   "user_pool_clients",
	Key:     []store.Column[Client]{{Name: "id", Value: func(c *Client) any { return c.ID }}},
	Columns: []store.Column[Client]{{Name: "pool_id", Value: func(c *Client) any { return c.PoolID }}},
	Feed:    true,
})

var userTable = store.NewTable(store.Schema[User]{
	Table: "user_pool_users",
	Key: []store.Column[User]{
		{Name: "pool_id", Value: func(u *User) any { return u.PoolID }},
		{Name: "name_key", Value: func(u *User) any { return u.NameKey }},
	},
	Columns: []store.Column[User]{
		{Name: "sub", Value: func(u *User) any { return u.Sub }},
		{Name: "status", Value: func(u *User) any { return string(u.Status) }},
		{Name: "enabled", Value: func(u *User) any { return u.Enabled }},
	},
})

// nameRow says whose a name is: user name, sub, or alias.
type nameRow struct {
	PoolID, Name, NameKey string
	Kind                  string // "username", "sub", or the attribute
}

var nameTable = store.NewTable(store.Schema[nameRow]{
	Table: "user_pool_names",
	Key: []store.Column[nameRow]{
		{Name: "pool_id", Value: func(n *nameRow) any { return n.PoolID }},
		{Name: "name", Value: func(n *nameRow) any { return n.Name }},
	},
	Columns: []store.Column[nameRow]{{Name: "name_key", Value: func(n *nameRow) any { return n.NameKey }}},
})

// searchRow is one searchable attribute value. It is only ever matched in SQL,
// so its doc stays empty.
type searchRow struct {
	PoolID, Attribute, Value, NameKey string `json:"-"`
}

var searchTable = store.NewTable(store.Schema[searchRow]{
	Table: "user_pool_search",
	Key: []store.Column[searchRow]{
		{Name: "pool_id", Value: func(r *searchRow) any { return r.PoolID }},
		{Name: "attribute", Value: func(r *searchRow) any { return r.Attribute }},
		{Name: "value", Value: func(r *searchRow) any { return []byte(r.Value) }},
		{Name: "name_key", Value: func(r *searchRow) any { return r.NameKey }},
	},
})

var groupTable = store.NewTable(store.Schema[Group]{
	Table: "user_pool_groups",
	Key: []store.Column[Group]{
		{Name: "pool_id", Value: func(g *Group) any { return g.PoolID }},
		{Name: "name", Value: func(g *Group) any { return g.Name }},
	},
})

// memberRow puts one user in one group.
type memberRow struct{ PoolID, Group, NameKey string }

var memberTable = store.NewTable(store.Schema[memberRow]{
	Table: "user_pool_members",
	Key: []store.Column[memberRow]{
		{Name: "pool_id", Value: func(m *memberRow) any { return m.PoolID }},
		{Name: "group_name", Value: func(m *memberRow) any { return m.Group }},
		{Name: "name_key", Value: func(m *memberRow) any { return m.NameKey }},
	},
})

var grantTable = store.NewTable(store.Schema[Grant]{
	Table: "user_pool_grants",
	Key:   []store.Column[Grant]{{Name: "id", Value: func(g *Grant) any { return g.ID }}},
	Columns: []store.Column[Grant]{
		{Name: "origin_jti", Value: func(g *Grant) any { return g.OriginID }},
		{Name: "pool_id", Value: func(g *Grant) any { return g.PoolID }},
		{Name: "sub", Value: func(g *Grant) any { return g.Sub }},
		{Name: "device", Value: func(g *Grant) any {
			if g.Device == "" {
				return nil
			}
			return g.Device
		}},
		// An access token may outlive the refresh token it came from by a day.
		{Name: "expires", Value: func(g *Grant) any { return g.Expires + maxAccessValidity.Milliseconds() }},
	},
})

var challengeTable = store.NewTable(store.Schema[Challenge]{
	Table: "user_pool_challenges",
	Key:   []store.Column[Challenge]{{Name: "id", Value: func(c *Challenge) any { return c.ID }}},
	Columns: []store.Column[Challenge]{
		{Name: "pool_id", Value: func(c *Challenge) any { return c.PoolID }},
		// Kept for a while after its time, so that a late answer hears that it is late.
		{Name: "expires", Value: func(c *Challenge) any { return c.Expires + lateAnswer.Milliseconds() }},
	},
})

var failureTable = store.NewTable(store.Schema[failures]{
	Table:   "user_pool_failures",
	Key:     []store.Column[failures]{{Name: "id", Value: func(f *failures) any { return f.ID }}},
	Columns: []store.Column[failures]{{Name: "expires", Value: func(f *failures) any { return f.expires() }}},
})

// emptied are a table's rows that a where clause finds, removed.
type emptied = func(ctx context.Context, session store.Session, where string, args ...any) (int64, error)

// rowsOfPool go with their pool (ofPool), rowsOfUser with their user (ofUser),
// and rowsThatExpire when their time is over (expired).
var (
	rowsOfPool = []emptied{
		passkeyTable.DeleteWhere,
		keyTable.DeleteWhere,
		clientTable.DeleteWhere,
		userTable.DeleteWhere,
		nameTable.DeleteWhere,
		searchTable.DeleteWhere,
		groupTable.DeleteWhere,
		memberTable.DeleteWhere,
		grantTable.DeleteWhere,
		challengeTable.DeleteWhere,
		codeTable.DeleteWhere,
		deviceTable.DeleteWhere,
		providerTable.DeleteWhere,
		identifierTable.DeleteWhere,
		resourceServerTable.DeleteWhere,
		importTable.DeleteWhere,
		partTable.DeleteWhere,
		authEventTable.DeleteWhere,
		identityTable.DeleteWhere,
		pendingTokenTable.DeleteWhere,
		sendingTable.DeleteWhere,
	}
	rowsOfUser = []emptied{
		passkeyTable.DeleteWhere,
		grantTable.DeleteWhere,
		deviceTable.DeleteWhere,
		codeTable.DeleteWhere,
		authEventTable.DeleteWhere,
		identityTable.DeleteWhere,
		pendingTokenTable.DeleteWhere,
		sendingTable.DeleteWhere,
	}
	rowsThatExpire = []emptied{
		grantTable.DeleteWhere,
		challengeTable.DeleteWhere,
		failureTable.DeleteWhere,
		codeTable.DeleteWhere,
		spentTable.DeleteWhere,
		partTable.DeleteWhere,
		authEventTable.DeleteWhere,
		pendingTokenTable.DeleteWhere,
	}
)

const (
	ofPool             = "pool_id = $1"
	ofUser             = "pool_id = $1 and sub = $2"
	poolsAfter         = "region = $1 and id > $2 order by id limit $3"
	clientsAfter       = "pool_id = $1 and id > $2 order by id limit $3"
	usersAfter         = "pool_id = $1 and name_key > $2 order by name_key limit $3"
	usersByStatusAfter = "pool_id = $1 and status = $2 and name_key > $3 order by name_key limit $4"
	usersByStateAfter  = "pool_id = $1 and enabled = $2 and name_key > $3 order by name_key limit $4"
	usersEqualAfter    = `pool_id = $1 and name_key in (
		select s.name_key from user_pool_search s where s.pool_id = $1 and s.attribute = $2 and s.value = $3)
		and name_key > $4 order by name_key limit $5`
	usersPrefixAfter = `pool_id = $1 and name_key in (
		select s.name_key from user_pool_search s where s.pool_id = $1 and s.attribute = $2 and s.value >= $3 and s.value < $4)
		and name_key > $5 order by name_key limit $6`
	groupsAfter = "pool_id = $1 and name > $2 order by name limit $3"
	groupsOf    = `pool_id = $1 and name in (select m.group_name from user_pool_members m where m.pool_id = $1 and m.name_key = $2)
		and name > $3 order by name limit $4`
	membersOf     = "pool_id = $1 and group_name = $2"
	membershipsOf = "pool_id = $1 and name_key = $2"
	usersOfGroup  = `pool_id = $1 and name_key in (select m.name_key from user_pool_members m where m.pool_id = $1 and m.group_name = $2)
		and name_key > $3 order by name_key limit $4`
	expired         = "expires <= $1"
	failuresOfThree = "id in ($1, $2, $3)"
)
