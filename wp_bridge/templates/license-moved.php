<?php

/**
 * The address of the site has changed: three choices in plain words; nothing stops until one is made.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
?>
<section>
	<h2><?php echo esc_html($view['words']->states()['site_changed']); ?></h2>
	<p class="kd-break">
		<?php
		/* translators: 1: old address of the web site, 2: its present address */
		echo esc_html(sprintf(__('The license was activated for %1$s. This site is now at %2$s. Please say what happened; until then everything works on, and nothing is sent in the name of the old address.', 'keydesk-bridge'), $view['site'], $view['here']));
		?>
	</p>
	<?php if ($view['sure'] === 'moved') : ?>
		<div class="kd-foot">
			<?php echo $html->open('resolve', array('resolution' => 'moved', 'sure' => '1')); ?><button class="button button-primary"><?php esc_html_e('Yes, the site has moved', 'keydesk-bridge'); ?></button></form>
			<?php echo $html->link(__('No, show the choices again', 'keydesk-bridge'), 'license'); ?>
		</div>
	<?php else : ?>
		<ul class="kd-rows">
			<?php foreach ($view['choices'] as $choice => $words) : ?>
				<li>
					<div class="kd-row-main">
						<strong><?php echo esc_html($words[0]); ?></strong>
						<span class="kd-soft" id="kd-choice-<?php echo esc_attr($choice); ?>"><?php echo esc_html($words[1]); ?></span>
					</div>
					<div class="kd-row-side">
						<?php echo $html->open('resolve', array('resolution' => $choice)); ?><button class="button" aria-describedby="kd-choice-<?php echo esc_attr($choice); ?>"><?php echo esc_html($words[2]); ?></button></form>
					</div>
				</li>
			<?php endforeach; ?>
		</ul>
	<?php endif; ?>
</section>
<p><?php esc_html_e('Not sure?', 'keydesk-bridge'); ?> <?php echo $html->link(__('Ask us', 'keydesk-bridge'), 'contact'); ?></p>
