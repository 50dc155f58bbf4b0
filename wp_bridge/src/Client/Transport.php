<?php

/**
 * The one seam through which the bridge talks to its server.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

interface Transport
{
	/**
	 * Sends one request. A status is never an exception.
	 *
	 * @throws Unreachable when there was no answer, or none that may be trusted.
	 */
	public function send(Request $request): Response;
}
