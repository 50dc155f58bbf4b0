<?php

/**
 * Tickets as rows: subject, state in words, the last line.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
?>
<ul class="kd-rows">
	<?php foreach ($view['tickets'] as $ticket) : ?>
		<li<?php if ($ticket['unread'] > 0) : ?> class="is-new"<?php endif; ?>>
			<div class="kd-row-main">
				<a href="<?php echo $html->url('ticket', array('ticket' => $ticket['ticket_id'])); ?>" dir="auto"><?php echo esc_html($ticket['subject']); ?></a>
				<?php if ($ticket['last_excerpt'] !== '') : ?>
					<span class="kd-soft kd-excerpt" dir="auto"><?php echo $html->excerpt($ticket['last_excerpt']); ?></span>
				<?php endif; ?>
			</div>
			<div class="kd-row-side">
				<span><?php if ($ticket['unread'] > 0) : ?><strong><?php esc_html_e('New answer', 'keydesk-bridge'); ?></strong><?php else : ?><?php echo esc_html($view['words']->status($ticket['status'])); ?><?php endif; ?></span>
				<span class="kd-soft"><?php echo esc_html($ticket['number']); ?> · <?php echo $html->time($ticket['last_at'], false); ?></span>
			</div>
		</li>
	<?php endforeach; ?>
</ul>
