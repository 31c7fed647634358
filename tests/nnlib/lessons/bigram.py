"""A bigram model of names: counted first, then learnt as a table of logits.
Both must come to the same loss."""

import torch
import torch.nn.functional as F

names = ["emma", "olivia", "ava", "isabella", "mia", "amelia", "ella", "lina", "noah", "liam"]
letters = sorted(set("".join(names)))
number = {letter: i + 1 for i, letter in enumerate(letters)}
number["."] = 0
size = len(number)

counts = torch.zeros((size, size), dtype=torch.int32)
xs, ys = [], []
for name in names:
    row = ["."] + list(name) + ["."]
    for one, two in zip(row, row[1:]):
        counts[number[one], number[two]] += 1
        xs.append(number[one])
        ys.append(number[two])
xs, ys = torch.tensor(xs), torch.tensor(ys)
chances = (counts + 1).float()
chances /= chances.sum(1, keepdims=True)
losses = [-chances[xs, ys].log().mean().item()]

g = torch.Generator().manual_seed(2147483647)
p = chances[0]
drawn = torch.multinomial(p, num_samples=5, replacement=True, generator=g)
assert drawn.shape == (5,) and drawn.dtype == torch.long

W = torch.zeros((size, size), requires_grad=True)
for step in range(40):
    xenc = F.one_hot(xs, num_classes=size).float()
    logits = xenc @ W
    exps = logits.exp()
    probs = exps / exps.sum(1, keepdim=True)
    loss = -probs[torch.arange(xs.nelement()), ys].log().mean() + 0.01 * (W**2).mean()
    W.grad = None
    loss.backward()
    W.data += -10 * W.grad
    losses.append(loss.item())
