"""Learning to copy with an encoder: masks of bytes, smoothed labels, a rate that warms up."""

import math

import torch
import torch.nn as nn
from torch.nn.functional import log_softmax


def subsequent_mask(size):
    mask = torch.triu(torch.ones((1, size, size)), diagonal=1).type(torch.uint8)
    return mask == 0


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.0, max_len=20):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        pe = torch.zeros(max_len, d_model)
        position = torch.arange(0, max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * -(math.log(10000.0) / d_model))
        pe[:, 0::2] = torch.sin(position * div_term)
        pe[:, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe.unsqueeze(0))

    def forward(self, x):
        return self.dropout(x + self.pe[:, : x.size(1)].requires_grad_(False))


class LabelSmoothing(nn.Module):
    def __init__(self, size, padding_idx, smoothing=0.0):
        super().__init__()
        self.criterion = nn.KLDivLoss(reduction="sum")
        self.padding_idx, self.smoothing, self.size = padding_idx, smoothing, size

    def forward(self, x, target):
        true_dist = x.data.clone()
        true_dist.fill_(self.smoothing / (self.size - 2))
        true_dist.scatter_(1, target.data.unsqueeze(1), 1.0 - self.smoothing)
        true_dist[:, self.padding_idx] = 0
        return self.criterion(x, true_dist.clone().detach())


class Model(nn.Module):
    def __init__(self, words=7, width=8):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.position = PositionalEncoding(width)
        layer = nn.TransformerEncoderLayer(width, 2, 16, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(width))
        self.generator = nn.Linear(width, words)

    def forward(self, src):
        x = self.position(self.embedding(src) * math.sqrt(8))
        hidden = ~subsequent_mask(src.size(1))[0]
        return log_softmax(self.generator(self.encoder(x, mask=hidden)), dim=-1)


model = Model()
for i, (name, p) in enumerate(model.named_parameters()):
    if name.endswith("bias"):
        p.data.zero_()
    elif p.dim() > 1:
        p.data = torch.sin(torch.arange(p.numel()).float() * 1.3 + i).view(*p.size()) * 0.4
optimizer = torch.optim.Adam(model.parameters(), lr=0.5, betas=(0.9, 0.98), eps=1e-9)
schedule = torch.optim.lr_scheduler.LambdaLR(
    optimizer, lr_lambda=lambda step: 8**-0.5 * min((step + 1) ** -0.5, (step + 1) * 20**-1.5)
)
criterion = LabelSmoothing(7, padding_idx=0, smoothing=0.1)
data = torch.tensor([[1, 2, 3, 4, 5], [6, 5, 4, 3, 2], [2, 2, 1, 1, 3]], dtype=torch.long)
losses = []
for epoch in range(15):
    out = model(data)
    tokens = (data != 0).data.sum()
    loss = criterion(out.contiguous().view(-1, 7), data.contiguous().view(-1)) / tokens
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    schedule.step()
    losses.append(loss.item())
