"""A network of names with its parameters in a list and the batch norm written out.
Moments are kept beside, as the running ones of a layer would be."""

import torch
import torch.nn.functional as F

g = torch.Generator().manual_seed(42)
vocab, block, n_embd, n_hidden = 9, 3, 4, 20


def start(*shape):
    count = 1
    for n in shape:
        count *= n
    return torch.cos(torch.arange(count).float() * 1.7).view(shape)


C = start(vocab, n_embd)
W1 = start(n_embd * block, n_hidden) * (5 / 3) / ((n_embd * block) ** 0.5)
W2 = start(n_hidden, vocab) * 0.01
b2 = start(vocab) * 0
bngain, bnbias = torch.ones((1, n_hidden)), torch.zeros((1, n_hidden))
bnmean_running, bnstd_running = torch.zeros((1, n_hidden)), torch.ones((1, n_hidden))
parameters = [C, W1, W2, b2, bngain, bnbias]
assert sum(p.nelement() for p in parameters) == 36 + 240 + 180 + 9 + 40
for p in parameters:
    p.requires_grad = True

X = torch.stack([(torch.arange(block) + i * i) % vocab for i in range(60)])
Y = X.sum(1) % vocab
losses = []
for i in range(30):
    ix = torch.randint(0, X.shape[0], (16,), generator=g)
    assert ix.shape == (16,)
    ix = (torch.arange(16) * 3 + i) % X.shape[0]
    emb = C[X[ix]]
    embcat = emb.view(emb.shape[0], -1)
    hpreact = embcat @ W1
    bnmeani = hpreact.mean(0, keepdim=True)
    bnstdi = hpreact.std(0, keepdim=True)
    bnvari = hpreact.var(0, keepdim=True, unbiased=True)
    hpreact = bngain * (hpreact - bnmeani) / torch.sqrt(bnvari + 1e-5) + bnbias
    with torch.no_grad():
        bnmean_running = 0.999 * bnmean_running + 0.001 * bnmeani
        bnstd_running = 0.999 * bnstd_running + 0.001 * bnstdi
    h = torch.tanh(hpreact)
    logits = h @ W2 + b2
    loss = F.cross_entropy(logits, Y[ix])
    for p in parameters:
        p.grad = None
    loss.backward()
    lr = 0.1 if i < 20 else 0.01
    for p in parameters:
        p.data += -lr * p.grad
    losses.append(loss.log10().item())
losses.append(bnstd_running.norm().item())
