"""A classifier of sequences with the positions' sines as a buffer and stacked encoder layers,
and attention to one sequence without a batch."""

import math

import torch
from torch import nn


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.0, max_len=50):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, 1, d_model)
        pe[:, 0, 0::2] = torch.sin(position * div_term)
        pe[:, 0, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return self.dropout(x + self.pe[: x.size(0)])


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(10, 8)
        self.positions = PositionalEncoding(8)
        self.layers = nn.ModuleList(
            [nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0) for _ in range(2)]
        )
        self.heads = nn.ModuleDict({"parity": nn.Linear(8, 2), "size": nn.Linear(8, 1)})
        self.scales = nn.ParameterList([nn.Parameter(torch.ones(1)) for _ in range(2)])

    def forward(self, src, mask):
        x = self.positions(self.embed(src) * math.sqrt(8))
        for layer, scale in zip(self.layers, self.scales):
            x = layer(x * scale, src_mask=mask)
        x = x.mean(dim=0)
        return self.heads["parity"](x), self.heads["size"](x).squeeze(-1)


model = Classifier()
torch.manual_seed(1)
seen = []
handle = model.layers[0].register_forward_hook(
    lambda module, args, output: seen.append(output.shape)
)
for i, p in enumerate(model.parameters()):
    nn.init.constant_(p, 0.1)
    p.data += torch.sin(torch.arange(p.nelement()).float() + i).view_as(p) * 0.2
src = torch.stack([(torch.arange(6) * k) % 10 for k in range(1, 8)], dim=1)
mask = torch.triu(torch.ones(6, 6) * float("-inf"), diagonal=1)
parity, size = src.sum(0) % 2, src.sum(0).float() / 10
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.1)
losses = []
for step in range(10):
    logits, guess = model(src, mask)
    loss = nn.CrossEntropyLoss()(logits, parity) + nn.SmoothL1Loss()(guess, size)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 0.5)
    optimizer.step()
    losses.append(loss.item())
handle.remove()
assert len(seen) == 10 and tuple(seen[0]) == (6, 7, 8)
alone = nn.MultiheadAttention(8, 2)
for p in alone.parameters():
    p.data.fill_(0.05)
x = torch.linspace(0, 1, 24).view(3, 8)
y, weights = alone(x, x, x)
losses += y.flatten().tolist() + weights.flatten().tolist()
