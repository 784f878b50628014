package gateway

// HeldBodies is how many bytes of bodies a gateway holds at the moment.
func HeldBodies(g *Gateway) int64 { return g.bodies.held.Load() }
