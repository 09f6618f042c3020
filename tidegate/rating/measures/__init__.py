"""What is ordered because of a tier: by the text or by people, as restrictions that the gate and the desk obey."""
