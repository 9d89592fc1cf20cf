package web

import (
	"context"
	"slices"
	"strings"
	"sync"

	"tierline/customer"
	"tierline/ticket"
)

// fakePeople keeps aliases and blocks in memory, over the customers of a store.
type fakePeople struct {
	ticket.Store
	mu      sync.Mutex
	aliasOf map[customer.ID]customer.ID
	blocks  map[string]ticket.Block
}

func newFakePeople(s ticket.Store) *fakePeople {
	return &fakePeople{Store: s, aliasOf: map[customer.ID]customer.ID{}, blocks: map[string]ticket.Block{}}
}

func (f *fakePeople) Customer(ctx context.Context, id customer.ID) (customer.Customer, error) {
	c, err := f.Store.Customer(ctx, id)
	f.mu.Lock()
	defer f.mu.Unlock()
	c.AliasOf = f.aliasOf[id]
	for a, of := range f.aliasOf {
		if of == id {
			c.Aliases = append(c.Aliases, a)
		}
	}
	return c, err
}

func (f *fakePeople) Customers(ctx context.Context, text string, after customer.ID, limit int) (list []customer.Customer, err error) {
	for id := after + 1; len(list) < limit; id++ {
		c, err := f.Customer(ctx, id)
		if ticket.KindOf(err) == ticket.NotFound {
			break
		} else if err != nil {
			return nil, err
		}
		hit := strings.Contains(strings.ToLower(c.Name), strings.ToLower(text))
		for _, i := range c.Identities {
			hit = hit || strings.Contains(i.Value, text)
		}
		if hit {
			list = append(list, c)
		}
	}
	return list, nil
}

func (f *fakePeople) MergeCustomers(_ context.Context, alias, of customer.ID, _ ticket.Actor) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.aliasOf[alias] != 0 || f.aliasOf[of] != 0 {
		return ticket.Errorf("fake", ticket.Conflict, "It is an alias already.")
	}
	f.aliasOf[alias] = of
	return nil
}

func (f *fakePeople) UnmergeCustomer(_ context.Context, alias customer.ID, _ ticket.Actor) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.aliasOf, alias)
	return nil
}

func (f *fakePeople) Block(_ context.Context, b ticket.Block) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blocks[b.Key] = b
	return nil
}

func (f *fakePeople) Unblock(_ context.Context, key string, _ ticket.Actor) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.blocks[key]; !ok {
		return ticket.Errorf("fake", ticket.NotFound, "They are not blocked.")
	}
	delete(f.blocks, key)
	return nil
}

func (f *fakePeople) Blocks(_ context.Context, after string, limit int) (list []ticket.Block, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.blocks {
		if b.Key > after {
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b ticket.Block) int { return strings.Compare(a.Key, b.Key) })
	return list[:min(len(list), limit)], nil
}
