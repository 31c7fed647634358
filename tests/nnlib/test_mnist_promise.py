"""The promise of the site's digits network: it reads handwriting, and a test says how well.

Its class is a PyTorch tutorial's own, run by nnlib with nothing but the imports changed.
"""

import pytest

import nnlib as torch
from nnlib import nn
from nnlib.data import DataLoader, TensorDataset

EPOCHS = 5


class SimpleNet(nn.Module):
    def __init__(self):
        super().__init__()
        # Two hidden layers with 128 and 64 neurons
        self.layer1 = nn.Linear(784, 128)  # Input: 28x28 image flattened
        self.layer2 = nn.Linear(128, 64)
        self.layer3 = nn.Linear(64, 10)  # Output: 10 classes (digits 0-9)

    def forward(self, x):
        x = torch.relu(self.layer1(x))  # Hidden layer 1 with ReLU
        x = torch.relu(self.layer2(x))  # Hidden layer 2 with ReLU
        x = self.layer3(x)  # Output layer (no activation)
        return x


@pytest.mark.usefixtures("mnist_files")
def test_simple_net_reads_more_than_975_of_1000_digits_after_5_epochs():
    train = TensorDataset(*torch.datasets.mnist(train=True, flat=True))
    test = torch.datasets.mnist(train=False, flat=True)
    torch.manual_seed(0)
    model = SimpleNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loader = DataLoader(train, batch_size=64, shuffle=True)
    # A step that shrinks to nothing lets the last epoch settle what the first ones found.
    decay = torch.optim.LambdaLR(optimizer, lambda epoch: 1 - epoch / EPOCHS)
    history = torch.fit(
        model, loader, nn.CrossEntropyLoss(), optimizer, epochs=EPOCHS, scheduler=decay
    )
    with torch.no_grad():
        right = (model(test.X).argmax(1) == test.y).array.sum()
    assert history.epochs == EPOCHS
    assert len(test.y) == 10_000
    assert right >= 9_750
