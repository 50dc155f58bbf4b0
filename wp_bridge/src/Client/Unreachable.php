<?php

/**
 * No answer came, or nothing that can be taken for one; nothing about the license follows from it.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class Unreachable extends \RuntimeException
{
}
