"""Complete random trees: two or three actions, an observation for each node, whole returns at the ends."""

import random
from collections import deque


class RandomTree:
    """A game with so many ends; every history has an observation, and every action a variable, of its own."""

    num_actions = 3
    horizon = None
    discount = 1

    def __init__(self, ends, seed=0):
        rng = random.Random(seed)
        self.children = [None]
        open_nodes, leaves = deque([0]), 1
        while leaves < ends:
            node, width = open_nodes.popleft(), rng.choice((2, 3))
            first = len(self.children)
            self.children[node] = range(first, first + width)
            self.children += [None] * width
            open_nodes.extend(self.children[node])
            leaves += width - 1
        self.returns = [rng.randint(-9, 9) for _ in self.children]

    def starts(self):
        return [(1, 0)]

    def legal_actions(self, node):
        return list(range(len(self.children[node])))

    def observe(self, node):
        return node

    def step(self, node, action):
        child = self.children[node][action]
        ends = self.children[child] is None
        return [(1, child, self.returns[child] if ends else 0, ends)]
