package userpool

import "context"

// SecondFactorRows are the rows of a pool that second factors leave, as they lie
// in the database.
func (s *Service) SecondFactorRows(ctx context.Context, poolID string) (rows []any, err error) {
	users, challenges, err := s.Documents(ctx, poolID)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		rows = append(rows, u)
		if u.Second.Token != nil { // sealed, as bytes beside their base64
			rows = append(rows, string(u.Second.Token.Seed))
		}
	}
	for _, ch := range challenges {
		rows = append(rows, ch)
	}
	codes, err := codeTable.List(ctx, s.db, ofPool, poolID)
	for _, c := range codes {
		rows = append(rows, c)
	}
	if err != nil {
		return nil, err
	}
	pending, err := pendingTokenTable.List(ctx, s.db, ofPool, poolID)
	for _, p := range pending {
		rows = append(rows, p)
	}
	return rows, err
}
